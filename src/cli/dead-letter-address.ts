import { Failure } from '../core/index.ts'

/** A dead letter as it is named: its service, and its number there. */
export interface LetterAddress {
  readonly service: string
  readonly number: number
}

/** Reads `sales/1`. Fails with `USAGE_INVALID`. */
export function letterAddress(text: string): LetterAddress {
  const { service, number } = /^(?<service>[^/]+)\/(?<number>\d{1,15})$/.exec(text)?.groups ?? {}
  if (service !== undefined && number !== undefined) return { service, number: Number(number) }
  throw new Failure('USAGE_INVALID', { hint: `'${text}' is no dead letter such as sales/1.` })
}
