export { type CommitNews, type CommitNewsOptions, commitNews, type PostgresListener } from './commit-news.ts'
export type { PostgresConnection, PostgresPool, PostgresResult } from './connection.ts'
export { type PostgresStoreOptions, postgresStore } from './postgres-store.ts'
