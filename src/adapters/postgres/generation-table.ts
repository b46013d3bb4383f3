import { Failure } from '../../core/index.ts'
import type { Generation, ProjectionWrite } from '../../ports/index.ts'
import type { PostgresConnection } from './connection.ts'
import type { PreparedStatements } from './prepared-statements.ts'
import { createRowsTable, dropRowsTable, ProjectionRows, type RowsWrite } from './projection-rows.ts'
import type { Statement } from './statement.ts'
import { plainText, storedText } from './stored-text.ts'

/** The name of a generation in memory. */
type GenerationName = string

function nameOf(projection: string, generation: number): GenerationName {
  return JSON.stringify([projection, generation])
}

function missing(projection: string, generation: number): Failure {
  const hint = `There is no generation ${generation} of ${projection}.`
  return new Failure('UNIT_UNKNOWN', { hint, projection, generation })
}

/**
 * The generations of projections and their rows. Other instances may change generations at any time: what is known of
 * them is forgotten when a table is not there. Generations change in a transaction of the caller, which holds a lock.
 */
export class GenerationTable {
  readonly #schema: string
  readonly #reads: PreparedStatements
  readonly #known: Map<GenerationName, ProjectionRows> = new Map()

  constructor(schema: string, reads: PreparedStatements) {
    this.#schema = schema
    this.#reads = reads
  }

  async list(connection: PostgresConnection, projection: string): Promise<Generation[]> {
    const { rows } = await connection.query(
      `SELECT generation, revision, status FROM ${this.#schema}.generation WHERE projection = $1 ORDER BY generation`,
      [storedText(projection)]
    )
    return rows.map((row) => ({
      projection,
      generation: Number(row['generation']),
      revision: Number(row['revision']),
      status: row['status'] as Generation['status']
    }))
  }

  /** The rows of a generation. Fails with `UNIT_UNKNOWN` when it is not there. */
  async rows(
    connection: PostgresConnection,
    projection: string,
    generation: number
  ): Promise<ProjectionRows> {
    const name = nameOf(projection, generation)
    const known = this.#known.get(name)
    if (known) return known
    const { rows } = await connection.query(
      `SELECT id, indexes FROM ${this.#schema}.generation WHERE projection = $1 AND generation = $2`,
      [storedText(projection), generation]
    )
    const [row] = rows
    if (!row) throw missing(projection, generation)
    const indexes = JSON.parse(plainText(row['indexes'])) as string[]
    const found = new ProjectionRows(this.#schema, Number(row['id']), indexes, this.#reads)
    this.#known.set(name, found)
    return found
  }

  /** What writes rows, for each generation. */
  async write(
    connection: PostgresConnection,
    statement: Statement,
    writes: readonly ProjectionWrite[]
  ): Promise<readonly RowsWrite[]> {
    const groups = new Map<GenerationName, ProjectionWrite[]>()
    for (const write of writes) {
      const name = nameOf(write.projection, write.generation)
      const group = groups.get(name)
      if (group) group.push(write)
      else groups.set(name, [write])
    }
    const found: { readonly rows: ProjectionRows; readonly group: readonly ProjectionWrite[] }[] = []
    for (const group of groups.values()) {
      const { projection, generation } = group[0] as ProjectionWrite
      found.push({ rows: await this.rows(connection, projection, generation), group })
    }
    // In one order in all commits, so that two do not wait for each other, and have the same text.
    found.sort((left, right) => left.rows.id - right.rows.id)
    return found.map(({ rows, group }) => rows.write(statement, group))
  }

  /** Lets nobody else change generations until the transaction ends. */
  async lock(connection: PostgresConnection): Promise<void> {
    await connection.query(`LOCK TABLE ${this.#schema}.generation IN SHARE ROW EXCLUSIVE MODE`)
  }

  async add(
    connection: PostgresConnection,
    { projection, generation, revision, status }: Generation,
    indexes: readonly string[]
  ): Promise<void> {
    const first = (await this.list(connection, projection)).length === 0 ? 'live' : status
    const { rows } = await connection.query(
      `INSERT INTO ${this.#schema}.generation (projection, generation, revision, status, indexes)
       VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING id`,
      [storedText(projection), generation, revision, first, storedText(JSON.stringify(indexes))]
    )
    const [row] = rows
    if (!row) {
      const hint = `${projection} has a generation ${generation} already.`
      throw new Failure('VERSION_CONFLICT', { hint, projection, generation })
    }
    await createRowsTable(connection, this.#schema, Number(row['id']), indexes)
  }

  /** Makes a generation live and gives those that are discarded. */
  async swap(
    connection: PostgresConnection,
    projection: string,
    generation: number
  ): Promise<readonly Generation[]> {
    const all = await this.list(connection, projection)
    if (!all.some((each) => each.generation === generation)) throw missing(projection, generation)
    const others = all.filter((each) => each.generation !== generation)
    for (const other of others) await this.#discard(connection, other)
    await connection.query(
      `UPDATE ${this.#schema}.generation SET status = 'live' WHERE projection = $1 AND generation = $2`,
      [storedText(projection), generation]
    )
    return others
  }

  /** Drops a generation that does not serve, and gives it. */
  async drop(
    connection: PostgresConnection,
    projection: string,
    generation: number
  ): Promise<readonly Generation[]> {
    const found = (await this.list(connection, projection)).find((each) => each.generation === generation)
    if (!found) throw missing(projection, generation)
    if (found.status === 'live') {
      const hint = `Generation ${generation} of ${projection} is the one that serves.`
      throw new Failure('REBUILD_IMPOSSIBLE', { hint, projection, generation })
    }
    await this.#discard(connection, found)
    return [found]
  }

  async #discard(connection: PostgresConnection, { projection, generation }: Generation): Promise<void> {
    const { rows } = await connection.query(
      `DELETE FROM ${this.#schema}.generation WHERE projection = $1 AND generation = $2 RETURNING id`,
      [storedText(projection), generation]
    )
    await dropRowsTable(connection, this.#schema, Number(rows[0]?.['id']))
  }

  /** Forgets the rows tables it knows, after generations have changed. */
  refresh(): void {
    this.#known.clear()
  }
}
