export { checkSqliteFile, type FileToCheck } from './file-check.ts'
export { isSqliteFileTaken } from './file-lock.ts'
export { type SqliteCopyOptions, sqliteCopy } from './sqlite-copy.ts'
export { type SqliteStoreOptions, sqliteStore } from './sqlite-store.ts'
