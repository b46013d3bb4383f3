export { checkSqliteFile, type FileToCheck } from './file-check.ts'
export { type SqliteStoreOptions, sqliteStore } from './sqlite-store.ts'
