import { Failure, type FailureCode } from '../../core/index.ts'

/** What the functions of the schema raise. */
const raised: Readonly<Record<string, FailureCode>> = {
  SK001: 'VERSION_CONFLICT',
  SK002: 'CHECKPOINT_CONFLICT',
  SK003: 'STORE_NEWER',
  SK004: 'STORE_GUARANTEE',
  SK005: 'LEASE_LOST',
  SK006: 'POSITION_INVALID',
  SK007: 'LOG_KEPT'
}

/** Errors that PostgreSQL raises before anything is committed, and that the same call need not meet again. */
const transient: ReadonlySet<string> = new Set(['40001', '40P01'])

const readOnly = '25006'
const tooManyConnections = '53300'
const undefinedColumn = '42703'
const undefinedTable = '42P01'
const undefinedFunction = '42883'

/** Errors of which the text of PostgreSQL does not say what to do. */
const hints: Readonly<Record<string, string>> = {
  [readOnly]: 'It takes no writes: it is a standby, or was made read-only.',
  '42501': 'The role may not do this: it must own the schema of its service.',
  [tooManyConnections]:
    'It has no connection left: raise max_connections, or the limit of the role, or make the pools of the services smaller.',
  '55P03': 'Another transaction holds a lock for long; pg_stat_activity shows which.',
  '57014': 'The statement was cancelled.'
}

/** The SQLSTATE of an error of the server; undefined for any other. */
function sqlStateOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !('code' in thrown)) return undefined
  const { code } = thrown
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !code.startsWith('E') ? code : undefined
}

/** Whether the call may be made again at once: nothing of it happened. */
export function isTransient(thrown: unknown): boolean {
  return transient.has(sqlStateOf(thrown) ?? '')
}

/** Whether rows of the log have no range to be in: nothing was written. */
export function isWithoutRange(thrown: unknown): boolean {
  if (sqlStateOf(thrown) !== '23514') return false
  const { table, constraint } = thrown as { readonly table?: unknown; readonly constraint?: unknown }
  // A check that a table declares has a name.
  return table === 'log' && constraint === undefined
}

/** What a state that is there and must not be violates: what it is written for was decided without it. */
function isStateThere(thrown: unknown): boolean {
  return sqlStateOf(thrown) === '23505' && (thrown as { readonly table?: unknown }).table === 'state'
}

/** Whether the server takes no writes. */
export function isReadOnly(thrown: unknown): boolean {
  return sqlStateOf(thrown) === readOnly
}

/** Whether the server, the database or the role has no connection left. */
export function isCrowded(thrown: unknown): boolean {
  return sqlStateOf(thrown) === tooManyConnections
}

/** What PostgreSQL says, as an internal error, of a table that is dropped while a statement looks it up. */
const droppedMeanwhile = /could not open relation with OID|cache lookup failed for (relation|function|type)/

/** Whether a table or a function is not there, or not any more. */
export function isUndefined(thrown: unknown): boolean {
  const state = sqlStateOf(thrown)
  return (
    state === undefinedTable ||
    state === undefinedFunction ||
    (state === 'XX000' && droppedMeanwhile.test((thrown as Error).message))
  )
}

/** Whether a table has not the column that a statement names. */
export function isWithoutColumn(thrown: unknown): boolean {
  return sqlStateOf(thrown) === undefinedColumn
}

/** Whether the connection is of no use any more: it broke, or the server ended it. */
export function isConnectionLost(thrown: unknown): boolean {
  if (thrown instanceof Failure) return false
  const state = sqlStateOf(thrown)
  if (state !== undefined) return state.startsWith('08') || state.startsWith('57P') || state === '25P02'
  return !isMistake(thrown)
}

/** An error of a program, not of a connection: the driver throws plain errors and those of the system. */
function isMistake(thrown: unknown): boolean {
  return thrown instanceof TypeError || thrown instanceof RangeError || thrown instanceof SyntaxError
}

function codeOf(state: string | undefined, thrown: unknown): FailureCode {
  if (state === undefined) return isMistake(thrown) ? 'INTERNAL' : 'STORE_UNAVAILABLE'
  const own = raised[state]
  if (own) return own
  if (state === '53100') return 'STORE_FULL'
  if (state.startsWith('XX')) return state === 'XX000' ? 'INTERNAL' : 'STORE_CORRUPT'
  if (/^(08|25|28|3D|40|53|55|57|58)|^42501/.test(state)) return 'STORE_UNAVAILABLE'
  return 'INTERNAL'
}

/** What an error of PostgreSQL or of its driver means for a store; a failure stays what it is. */
export function storeFailure(thrown: unknown, place: string): Failure {
  if (thrown instanceof Failure) return thrown
  const reason = thrown instanceof Error ? thrown.message || thrown.name : String(thrown)
  const state = sqlStateOf(thrown)
  if (isStateThere(thrown)) {
    const hint = 'A state that was to be new is there: another was first.'
    return new Failure('VERSION_CONFLICT', { hint, place }, thrown)
  }
  const code = codeOf(state, thrown)
  if (state !== undefined && raised[state]) return new Failure(code, { hint: reason, place }, thrown)
  const hint = hints[state ?? '']
  const details = { hint: `${place}: ${reason}.${hint ? ` ${hint}` : ''}`, place, reason }
  return new Failure(code, state === undefined ? details : { ...details, sqlState: state }, thrown)
}
