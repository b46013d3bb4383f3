export type { PostgresConnection, PostgresPool, PostgresResult } from './connection.ts'
export { type PostgresStoreOptions, postgresStore } from './postgres-store.ts'
