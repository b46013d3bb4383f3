import type { Failure } from '../core/index.ts'
import { type Finding, fault } from './finding.ts'

/** A server that a service could not use. */
export interface Trouble {
  readonly service: string
  /** The addresses of the server, and whoever asked it. */
  readonly url: string | readonly string[] | undefined
  readonly failure: Failure
}

interface Cause {
  readonly text: string
  readonly mend: string
}

const isSaid: ReadonlySet<string> = new Set(['STORE_GUARANTEE', 'STORE_MOVED', 'CONFIG_INVALID'])

/** What mends a failure of a server, where its own message does not say it. */
export function mendOf(failure: Failure, otherwise: string): string {
  return isSaid.has(failure.code) ? 'do as it says' : otherwise
}

function addressesOf(url: Trouble['url']): readonly URL[] {
  const all = typeof url === 'string' ? [url] : (url ?? [])
  return all.filter((one) => URL.canParse(one)).map((one) => new URL(one))
}

const withoutPassword = /client password must be a/

/** Why, in words that are the same for all services that it is the same for. */
function causeOf({ url, failure }: Trouble, otherwise: string): Cause {
  const { hint, place, reason } = failure.details
  const mend = mendOf(failure, otherwise)
  // Nothing was written here, so what the code says of a store that works does not help.
  if (failure.code !== 'STORE_UNAVAILABLE' || typeof hint !== 'string') return { text: failure.message, mend }
  if (withoutPassword.test(String(reason)))
    return { text: 'the profile gives no password', mend: 'give one in the address that the profile makes' }
  const addresses = addressesOf(url)
  const said = hint.startsWith(`${String(place)}: `) ? hint.slice(String(place).length + 2) : hint
  const text = addresses.reduce(
    (words, { username }) =>
      username === '' ? words : words.replaceAll(`"${decodeURIComponent(username)}"`, 'of its own'),
    said
  )
  const where = addresses.map(({ host, pathname }) => `${host}${pathname}`).join(', ')
  return { text: `PostgreSQL at ${where}: ${text}`, mend }
}

/** One fault for each cause, with the services that it concerns. */
export function faultsOf(about: string, troubles: readonly Trouble[], otherwise: string): readonly Finding[] {
  const causes = new Map<string, { readonly cause: Cause; readonly services: string[] }>()
  for (const trouble of troubles) {
    const cause = causeOf(trouble, otherwise)
    const known = causes.get(cause.text)
    if (known) known.services.push(trouble.service)
    else causes.set(cause.text, { cause, services: [trouble.service] })
  }
  return [...causes.values()].map(({ cause: { text, mend }, services }) => ({
    ...fault(about, `${text.replace(/\.$/, '')}, for ${services.join(', ')}`, mend),
    services
  }))
}
