export { type CommitNews, type CommitNewsOptions, commitNews, type PostgresListener } from './commit-news.ts'
export type { NamedQuery, PostgresConnection, PostgresPool, PostgresResult } from './connection.ts'
export type { FoundSchema } from './migrate.ts'
export {
  boardSchemaDefault,
  type PostgresBoardOptions,
  postgresBoard,
  postgresBoardScript
} from './postgres-board.ts'
export { type PostgresCopyOptions, postgresCopy } from './postgres-copy.ts'
export { type PostgresStoreOptions, postgresStore } from './postgres-store.ts'
export {
  type PostgresReadiness,
  type PostgresReadinessOptions,
  postgresReadiness
} from './store-readiness.ts'
