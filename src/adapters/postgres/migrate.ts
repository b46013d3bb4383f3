import { randomUUID } from 'node:crypto'
import { Failure, partitionsDefault } from '../../core/index.ts'
import { checkMark, markOf, type StoreMark } from '../../ports/index.ts'
import type { PostgresConnection } from './connection.ts'
import { leaseSchema } from './lease-schema.ts'
import { rangeSchema, rangeSpanDefault } from './range-schema.ts'
import { readSchema } from './read-schema.ts'
import { functions } from './schema-functions.ts'
import { tables } from './schema-tables.ts'
import { quoted } from './statement.ts'

/** What the schema must hold. */
export interface SchemaNeeds {
  readonly service: string
  readonly schema: string
  /** Undefined takes what the schema has, or the default for a new one. */
  readonly partitions: number | undefined
  /** So many positions are in a range of the log; undefined as for the partitions. */
  readonly rangeSpan?: number | undefined
  /** For who copies, whom the mark of a move does not stop: the mark with which a new schema is made. */
  readonly arriving?: StoreMark
}

/** What a schema says of itself. */
export interface SchemaFacts {
  /** Made up when the schema was created; a copy of the database has the same. */
  readonly id: string
  readonly version: number
  readonly partitions: number
  readonly span: number
}

/** Brings a schema from the version before to the next, in the transaction of the caller. */
export type Migration = (schema: string, partitions: number) => string

/** Each leads to the version that is its place in this list, counted from 1; never changed once released. */
export const migrations: readonly Migration[] = [
  (schema, partitions) => `${tables(schema, partitions)}${functions(schema)}`,
  leaseSchema,
  rangeSchema,
  readSchema
]

async function settingsOf(
  connection: PostgresConnection,
  schema: string
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await connection.query(`SELECT name, value FROM ${quoted(schema)}.setting`)
  return new Map(rows.map((row) => [String(row['name']), String(row['value'])]))
}

function factsOf(settings: ReadonlyMap<string, string>): SchemaFacts {
  return {
    id: settings.get('id') ?? '',
    version: Number(settings.get('version')),
    partitions: Number(settings.get('partitions')),
    span: Number(settings.get('span') ?? rangeSpanDefault)
  }
}

/** What a schema that is there says of itself. */
export async function schemaFacts(connection: PostgresConnection, schema: string): Promise<SchemaFacts> {
  return factsOf(await settingsOf(connection, schema))
}

function checkSettings(settings: ReadonlyMap<string, string>, needs: SchemaNeeds, known: number): void {
  const { schema, service } = needs
  const { version, partitions } = factsOf(settings)
  const owner = settings.get('service')
  if (version > known)
    throw new Failure('STORE_NEWER', {
      hint: `The schema ${schema} has version ${version}, this program knows ${known}: run the newer program.`,
      schema,
      version
    })
  if (owner !== service)
    throw new Failure('CONFIG_INVALID', {
      hint: `The schema ${schema} belongs to the service ${owner}: give ${service} a schema of its own.`,
      schema
    })
  if (!needs.arriving) checkMark(markOf(settings.get('move')), service, `The schema ${schema}`)
  if (needs.partitions !== undefined && needs.partitions !== partitions)
    throw new Failure('CONFIG_INVALID', {
      hint: `The schema ${schema} has ${partitions} partitions, which is fixed for its life; ${needs.partitions} were asked for.`,
      schema
    })
  const span = settings.get('span')
  if (needs.rangeSpan !== undefined && span !== undefined && needs.rangeSpan !== Number(span))
    throw new Failure('CONFIG_INVALID', {
      hint: `The ranges of the log in the schema ${schema} have ${span} positions; ${needs.rangeSpan} were asked for.`,
      schema
    })
}

const findTables = `SELECT
  (SELECT count(*) FROM pg_namespace WHERE nspname = $1)::int AS schemas,
  has_database_privilege(current_database(), 'CREATE') AS may_create,
  current_user AS role,
  (SELECT count(*) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
   WHERE n.nspname = $1 AND c.relkind = 'r')::int AS tables,
  (SELECT count(*) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
   WHERE n.nspname = $1 AND c.relname = 'setting')::int AS settings`

/** What is at the place of a schema: nothing, a schema without tables, or one that a store has made. */
export type FoundSchema = 'nothing' | 'empty' | 'made'

/** Looks, and changes nothing. Fails with `CONFIG_INVALID` when a store could not be made there. */
async function findSchema(
  connection: PostgresConnection,
  { schema, service }: SchemaNeeds
): Promise<FoundSchema> {
  const [found = {}] = (await connection.query(findTables, [schema])).rows
  if (found['schemas'] === 0) {
    if (found['may_create'] === true) return 'nothing'
    throw new Failure('CONFIG_INVALID', {
      hint: `There is no schema ${schema}, and the role ${String(found['role'])} may not make it: CREATE SCHEMA ${quoted(schema)} AUTHORIZATION ${quoted(String(found['role']))};`,
      schema
    })
  }
  if (found['settings'] === 1) return 'made'
  if (found['tables'] === 0) return 'empty'
  throw new Failure('CONFIG_INVALID', {
    hint: `The schema ${schema} has tables of another program: give ${service} a schema of its own.`,
    schema
  })
}

/** What `migrate` would find and do. Fails as it would, and changes nothing. */
export async function lookAtSchema(
  connection: PostgresConnection,
  needs: SchemaNeeds
): Promise<{
  readonly found: FoundSchema
  readonly version: number
  readonly known: number
  readonly mark: StoreMark
}> {
  const known = migrations.length
  const found = await findSchema(connection, needs)
  if (found !== 'made') return { found, version: 0, known, mark: { kind: 'nothing' } }
  const settings = await settingsOf(connection, needs.schema)
  checkSettings(settings, needs, known)
  return { found, version: factsOf(settings).version, known, mark: markOf(settings.get('move')) }
}

async function create(connection: PostgresConnection, needs: SchemaNeeds): Promise<void> {
  const schema = quoted(needs.schema)
  await connection.query(
    `CREATE TABLE ${schema}.setting (name text COLLATE "C" PRIMARY KEY, value text COLLATE "C" NOT NULL)`
  )
  await connection.query(
    `INSERT INTO ${schema}.setting (name, value)
     VALUES ('service', $1), ('partitions', $2), ('id', $3), ('version', '0'), ('span', $4)`,
    [
      needs.service,
      String(needs.partitions ?? partitionsDefault),
      randomUUID(),
      String(needs.rangeSpan ?? rangeSpanDefault)
    ]
  )
  if (needs.arriving)
    await connection.query(`INSERT INTO ${schema}.setting (name, value) VALUES ('move', $1)`, [
      JSON.stringify(needs.arriving)
    ])
}

/**
 * Creates the tables in an empty schema, or brings older ones forward, in one transaction that waits for any other
 * that does the same. Fails with `STORE_NEWER` or `CONFIG_INVALID` and changes nothing when the schema is not one
 * that this program may write for this service.
 */
export async function migrate(
  connection: PostgresConnection,
  needs: SchemaNeeds,
  steps: readonly Migration[] = migrations
): Promise<SchemaFacts> {
  const schema = quoted(needs.schema)
  await connection.query('BEGIN')
  try {
    // Whoever migrates is waited for as long as that takes.
    await connection.query("SELECT set_config('lock_timeout', '0', true)")
    await connection.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [
      `skerry ${needs.schema}`
    ])
    const found = await findSchema(connection, needs)
    if (found === 'nothing') await connection.query(`CREATE SCHEMA ${schema}`)
    if (found !== 'made') await create(connection, needs)
    const settings = await settingsOf(connection, needs.schema)
    checkSettings(settings, needs, steps.length)
    const before = factsOf(settings)
    // Whoever waits for the log stands in the way of everybody who uses it.
    await connection.query("SELECT set_config('lock_timeout', '5000', true)")
    if (needs.rangeSpan !== undefined)
      await connection.query(
        `INSERT INTO ${schema}.setting (name, value) VALUES ('span', $1) ON CONFLICT DO NOTHING`,
        [String(needs.rangeSpan)]
      )
    // A version defines functions as they are now, which may speak of what a later version brings.
    await connection.query("SELECT set_config('check_function_bodies', 'off', true)")
    for (const step of steps.slice(before.version)) await connection.query(step(schema, before.partitions))
    if (before.version < steps.length)
      await connection.query(`UPDATE ${schema}.setting SET value = $1 WHERE name = 'version'`, [
        String(steps.length)
      ])
    await connection.query('COMMIT')
    return { ...before, version: steps.length }
  } catch (thrown) {
    await connection.query('ROLLBACK').catch(() => undefined)
    throw thrown
  }
}
