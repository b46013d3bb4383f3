import { Failure } from '../core/index.ts'

/** `service/unit/key` as it was typed; a key may hold slashes itself. */
export interface Place {
  readonly service: string
  readonly unit: string | undefined
  readonly key: string | undefined
}

/** Reads an address; whether there is such a place, the system says. */
export function placeOf(text: string): Place {
  const [service = '', unit, ...key] = text.split('/')
  if (service === '' || unit === '')
    throw new Failure('USAGE_INVALID', { hint: `'${text}' is no address such as sales/order/o-1.` })
  return { service, unit, key: key.length === 0 ? undefined : key.join('/') }
}

/** A path of the gateway, each part encoded. */
export function path(...parts: readonly (string | number)[]): string {
  return `/${parts.map((part) => encodeURIComponent(part)).join('/')}`
}

/** A path with the parameters that have a value. */
export function withQuery(
  to: string,
  parameters: Readonly<Record<string, string | number | undefined>>
): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters))
    if (value !== undefined) query.set(name, String(value))
  return query.size === 0 ? to : `${to}?${query}`
}
