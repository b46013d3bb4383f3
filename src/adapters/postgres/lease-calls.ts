import type { Fence } from '../../ports/index.ts'
import type { Statement } from './statement.ts'
import { storedText } from './stored-text.ts'

/** The call that fails unless every lease is held under its epoch; they stay so until the transaction ends. */
export function fenceCheck(schema: string, statement: Statement, fences: readonly Fence[]): string {
  const leases = statement.array(
    'text',
    fences.map(({ lease }) => storedText(lease))
  )
  const epochs = statement.array(
    'bigint',
    fences.map(({ epoch }) => epoch)
  )
  return `${schema}.check_fences(${leases}, ${epochs})`
}

/** The call that lets the holders of leases know of a change. */
export function touchCall(schema: string, statement: Statement, names: readonly string[]): string {
  return `${schema}.touch_leases(${statement.array('text', names.map(storedText))})`
}
