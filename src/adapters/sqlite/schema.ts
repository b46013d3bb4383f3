import type { DatabaseSync } from 'node:sqlite'
import { Failure, partitionsDefault } from '../../core/index.ts'
import { checkMark, markOf, type StoreMark } from '../../ports/index.ts'

/** The version of the tables below, kept in the file's `user_version`. */
const schemaVersion = 1

/** Names the file as ours to `file(1)` and to a store that is given the wrong file: "skry". */
const applicationId = 0x736b7279

const tables = `
CREATE TABLE block (
  id INTEGER PRIMARY KEY,
  count INTEGER NOT NULL,
  lines TEXT NOT NULL
);
CREATE TABLE tail (
  number INTEGER PRIMARY KEY,
  lines TEXT NOT NULL
);
CREATE TABLE state (
  id INTEGER PRIMARY KEY,
  unit TEXT NOT NULL,
  key TEXT NOT NULL,
  version INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  last_position INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  data TEXT NOT NULL,
  UNIQUE (unit, key)
);
CREATE TABLE checkpoint (
  subscription TEXT NOT NULL,
  source TEXT NOT NULL,
  places TEXT NOT NULL,
  PRIMARY KEY (subscription, source)
) WITHOUT ROWID;
CREATE TABLE timer (
  unit TEXT NOT NULL,
  key TEXT NOT NULL,
  name TEXT NOT NULL,
  due INTEGER NOT NULL,
  correlation TEXT NOT NULL,
  traceparent TEXT NOT NULL,
  PRIMARY KEY (unit, key, name)
) WITHOUT ROWID;
CREATE INDEX timer_due ON timer (due);
CREATE TABLE parked (
  number INTEGER PRIMARY KEY,
  subscription TEXT NOT NULL,
  key TEXT NOT NULL,
  source TEXT NOT NULL,
  partition INTEGER NOT NULL,
  position INTEGER NOT NULL,
  status TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  due INTEGER NOT NULL,
  failure TEXT NOT NULL,
  parked INTEGER NOT NULL,
  message TEXT NOT NULL
);
CREATE INDEX parked_key ON parked (subscription, key);
CREATE TABLE answer (
  idempotency_key TEXT PRIMARY KEY,
  fingerprint TEXT NOT NULL,
  outcome TEXT NOT NULL,
  time INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE audit (
  number INTEGER PRIMARY KEY,
  time INTEGER NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  by TEXT NOT NULL,
  reason TEXT NOT NULL,
  details TEXT NOT NULL
);
CREATE TABLE generation (
  projection TEXT NOT NULL,
  generation INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  status TEXT NOT NULL,
  indexes TEXT NOT NULL,
  PRIMARY KEY (projection, generation)
) WITHOUT ROWID;
CREATE TABLE setting (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;
`

function numberOf(db: DatabaseSync, sql: string): number {
  return Number(Object.values(db.prepare(sql).get() ?? {})[0] ?? 0)
}

/** What the file must hold. */
export interface SchemaNeeds {
  readonly file: string
  readonly service: string
  /** Undefined takes what the file has, or the default for a new file. */
  readonly partitions: number | undefined
  /** For who copies, whom the mark of a move does not stop: the mark with which a new file is made. */
  readonly arriving?: StoreMark
}

function create(db: DatabaseSync, { service, partitions = partitionsDefault, arriving }: SchemaNeeds): void {
  db.exec('BEGIN IMMEDIATE')
  db.exec(tables)
  const setting = db.prepare('INSERT INTO setting (name, value) VALUES (?, ?)')
  setting.run('service', service)
  setting.run('partitions', String(partitions))
  if (arriving) setting.run('move', JSON.stringify(arriving))
  db.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${schemaVersion}; COMMIT`)
}

/** Fails when the file is not one that this program may write for this service; reads only. */
export function checkSchema(db: DatabaseSync, needs: SchemaNeeds): 'empty' | 'ours' {
  const { file, service } = needs
  if (numberOf(db, 'SELECT count(*) FROM sqlite_schema') === 0) return 'empty'
  if (numberOf(db, 'PRAGMA application_id') !== applicationId)
    throw new Failure('CONFIG_INVALID', {
      hint: `${file} is a database of another program: give ${service} a file of its own.`,
      file
    })
  const version = numberOf(db, 'PRAGMA user_version')
  if (version > schemaVersion)
    throw new Failure('STORE_NEWER', {
      hint: `${file} has schema version ${version}, this program knows ${schemaVersion}: run the newer program.`,
      file,
      version
    })
  const owner = settingOf(db, 'service')
  if (owner !== service)
    throw new Failure('CONFIG_INVALID', {
      hint: `${file} belongs to the service ${owner}: give ${service} a file of its own.`,
      file
    })
  const partitions = Number(settingOf(db, 'partitions'))
  if (needs.partitions !== undefined && needs.partitions !== partitions)
    throw new Failure('CONFIG_INVALID', {
      hint: `${file} has ${partitions} partitions, which is fixed for its life; ${needs.partitions} were asked for.`,
      file
    })
  if (!needs.arriving) checkMark(storedMark(db), service, file)
  return 'ours'
}

/** What the file says of a move of its data. */
export function storedMark(db: DatabaseSync): StoreMark {
  const row = db.prepare("SELECT value FROM setting WHERE name = 'move'").get()
  return markOf(row?.['value'] as string | undefined)
}

/** Creates the tables in an empty file and gives the number of partitions. */
export function prepareSchema(db: DatabaseSync, needs: SchemaNeeds): number {
  if (checkSchema(db, needs) === 'empty') create(db, needs)
  return partitionsOf(db)
}

/** How many partitions the log of a file has. */
export function partitionsOf(db: DatabaseSync): number {
  return Number(settingOf(db, 'partitions'))
}

function settingOf(db: DatabaseSync, name: string): string {
  return String(db.prepare('SELECT value FROM setting WHERE name = ?').get(name)?.['value'])
}
