import {
  type AuditWrite,
  type Batch,
  type Committed,
  type Fence,
  type Generation,
  subscriptionName
} from '../../ports/index.ts'
import { AnswerTable } from './answer-table.ts'
import { CheckpointTable } from './checkpoint-table.ts'
import type { PostgresConnection } from './connection.ts'
import { GenerationTable } from './generation-table.ts'
import { fenceCheck, touchCall } from './lease-calls.ts'
import { LogTable } from './log-table.ts'
import { migrations } from './migrate.ts'
import { ParkedTable } from './parked-table.ts'
import { PreparedStatements } from './prepared-statements.ts'
import { putsOf } from './projection-rows.ts'
import { RangeTable } from './range-table.ts'
import { StateTable } from './state-table.ts'
import { arrayLiteral, quoted, Statement } from './statement.ts'
import { SubscriberTable } from './subscriber-table.ts'
import { TimerTable } from './timer-table.ts'

/** What the tables of a store are made for. */
export interface OpenedNeeds {
  readonly service: string
  readonly schema: string
  readonly partitions: number
  readonly messageMaxBytes: number
  /** How long a commit waits for the locks of another. */
  readonly lockMs: number
}

const setting = (name: string, value: string): string => `set_config('${name}', '${value}', true)`

/**
 * A connection plans each statement of a commit once, and by its keys. Left to itself it plans most of them anew for
 * every commit, and keeps some plans that read a whole table because it was small when they were made.
 */
const plannedOnce = setting('plan_cache_mode', 'force_generic_plan')
const byKeys = [
  setting('enable_seqscan', 'off'),
  setting('enable_hashjoin', 'off'),
  setting('enable_mergejoin', 'off'),
  setting('jit', 'off')
]

/** For parked messages: a plan made while there are none reads all of them for each row of a batch. */
const plannedAnew = setting('plan_cache_mode', 'force_custom_plan')

function numbersOf(value: unknown): readonly number[] {
  return Array.isArray(value) ? value.map(Number) : []
}

function select(name: string, calls: readonly string[], from: string): string {
  return `${name} AS MATERIALIZED (SELECT ${calls.join(', ')}${from})`
}

/** The tables of one store; each task is given a connection. */
export class OpenedStore {
  readonly log: LogTable
  readonly states: StateTable
  readonly checkpoints: CheckpointTable
  readonly timers: TimerTable
  readonly parked: ParkedTable
  readonly answers: AnswerTable
  readonly generations: GenerationTable
  readonly ranges: RangeTable
  readonly subscribers: SubscriberTable
  readonly service: string
  /** As it stands in statements. */
  readonly schema: string
  readonly #schema: string
  readonly #lockMs: number
  readonly #commits = new PreparedStatements()
  /** Apart from commits: of these there may be more texts than get names, and few reads of which each comes often. */
  readonly #reads = new PreparedStatements()

  constructor({ service, schema, partitions, messageMaxBytes, lockMs }: OpenedNeeds) {
    const name = quoted(schema)
    this.#schema = name
    this.#lockMs = lockMs
    this.log = new LogTable({ schema: name, service, partitions, dataMaxBytes: messageMaxBytes }, this.#reads)
    this.states = new StateTable(name, partitions, this.#reads)
    this.checkpoints = new CheckpointTable(name)
    this.timers = new TimerTable(name)
    this.parked = new ParkedTable(name)
    this.answers = new AnswerTable(name)
    this.generations = new GenerationTable(name, this.#reads)
    this.ranges = new RangeTable(name)
    this.subscribers = new SubscriberTable(name, service)
    this.service = service
    this.schema = name
  }

  /**
   * Writes a batch or nothing, by one statement, which is a transaction of its own: one round trip. What may conflict
   * comes first; then the partitions are locked, in their order; what needs positions follows.
   */
  async commit(connection: PostgresConnection, batch: Batch): Promise<Committed> {
    const statement = new Statement()
    const { log, states, projections, checkpoints, timers, parked, parkedChanges, answers, audit } = batch
    const { fences, touched } = batch
    const guard = `${this.#schema}.guard(${statement.value(migrations.length)}, ${statement.value(this.#lockMs)})`
    const before = [
      plannedOnce,
      ...byKeys,
      guard,
      ...(touched.length > 0 ? [touchCall(this.#schema, statement, touched)] : []),
      ...(fences.length > 0 ? [fenceCheck(this.#schema, statement, fences)] : []),
      ...(checkpoints.length > 0 ? [this.checkpoints.write(statement, checkpoints)] : []),
      ...(timers.length > 0 ? [this.timers.write(statement, timers)] : []),
      ...(parkedChanges.length > 0
        ? [plannedAnew, this.parked.change(statement, parkedChanges), plannedOnce]
        : [])
    ]
    const written =
      log.length > 0 ? this.log.write(statement, log) : `${statement.value(arrayLiteral([]))}::bigint[]`
    const positions = 'written.positions'
    const rows = await this.generations.write(connection, statement, projections)
    const numbers = parked.length > 0 ? [`${this.parked.write(statement, parked)} AS numbers`] : []
    const after = [
      positions,
      ...(states.length > 0 ? [this.states.write(statement, states, positions, log.length)] : []),
      ...(answers.length > 0 ? [this.answers.write(statement, answers, positions, log)] : []),
      ...numbers,
      ...(audit.length > 0 ? [this.answers.writeAudit(statement, audit)] : []),
      ...rows.flatMap(({ remove }) => remove ?? [])
    ]
    const parts = [
      select('checked', before, ''),
      select('written', [`${written} AS positions`], ' FROM checked'),
      ...putsOf(rows)
    ]
    const { rows: answer } = await this.#commits.query(
      connection,
      `WITH ${parts.join(', ')} SELECT ${after.join(', ')} FROM written`,
      statement.values
    )
    return {
      positions: numbersOf(answer[0]?.['positions']),
      parkedNumbers: numbersOf(answer[0]?.['numbers'])
    }
  }

  async addGeneration(
    connection: PostgresConnection,
    generation: Generation,
    indexes: readonly string[],
    fence?: Fence
  ): Promise<void> {
    await this.#changeGenerations(connection, fence, async () => {
      await this.generations.add(connection, generation, indexes)
      return []
    })
  }

  async swapGeneration(
    connection: PostgresConnection,
    projection: string,
    generation: number,
    fence?: Fence
  ): Promise<void> {
    await this.#changeGenerations(connection, fence, () =>
      this.generations.swap(connection, projection, generation)
    )
  }

  async dropGeneration(
    connection: PostgresConnection,
    projection: string,
    generation: number,
    fence?: Fence
  ): Promise<void> {
    await this.#changeGenerations(connection, fence, () =>
      this.generations.drop(connection, projection, generation)
    )
  }

  /** Changes generations and forgets the subscriptions of those that `change` gives. */
  async #changeGenerations(
    connection: PostgresConnection,
    fence: Fence | undefined,
    change: () => Promise<readonly Generation[]>
  ): Promise<void> {
    await this.transaction(connection, '', async () => {
      await this.guard(connection, this.#lockMs)
      if (fence) {
        const check = new Statement()
        await connection.query(`SELECT ${fenceCheck(this.#schema, check, [fence])}`, check.values)
      }
      await this.generations.lock(connection)
      for (const { projection, generation } of await change()) {
        const name = subscriptionName(projection, generation)
        await this.checkpoints.remove(connection, name)
        await this.parked.drop(connection, name)
      }
    })
    this.generationsChanged()
  }

  /** Forgets what was known of generations: somebody has changed them. */
  generationsChanged(): void {
    this.generations.refresh()
    this.#commits.forget()
    this.#reads.forget()
  }

  /** What every commit begins with: refuses what an older program would write, and bounds waits for locks. */
  async guard(connection: PostgresConnection, lockMs: number): Promise<void> {
    await connection.query(`SELECT ${this.#schema}.guard($1, $2)`, [migrations.length, lockMs])
  }

  /** Writes down what somebody did, in the transaction of the caller. */
  async note(
    connection: PostgresConnection,
    { action, subject, by, details }: Omit<AuditWrite, 'timeMs' | 'reason'>
  ): Promise<void> {
    const statement = new Statement()
    const write = { timeMs: Date.now(), action, subject, by, reason: '', details }
    const call = this.answers.writeAudit(statement, [write])
    await connection.query(`SELECT ${call}`, statement.values)
  }

  /** Runs a task in a transaction of that mode. */
  async transaction<Result>(
    connection: PostgresConnection,
    mode: string,
    task: () => Promise<Result>
  ): Promise<Result> {
    await connection.query(`BEGIN ${mode}`)
    try {
      const result = await task()
      await connection.query('COMMIT')
      return result
    } catch (thrown) {
      await connection.query('ROLLBACK').catch(() => undefined)
      throw thrown
    }
  }
}
