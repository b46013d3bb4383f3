import type { Failure } from '../core/index.ts'
import { type Finding, fault } from './finding.ts'

/** A server that a service could not use. */
export interface Trouble {
  readonly service: string
  /** The addresses of the server, with the role that asked it. */
  readonly url: string | readonly string[] | undefined
  readonly failure: Failure
}

/** How what is known mends, with the name of the profile, and how everything else. */
export interface Mends {
  readonly profile: string
  readonly otherwise: string
}

interface Cause {
  /** As one service met it. */
  readonly text: string
  /** Without what differs from service to service. */
  readonly common: string
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

/** What mends what somebody was told who came to a server, where it is known. */
function knownMend(reason: string, profile: string): string | undefined {
  const statements = `the statements that skerry up --profile ${profile} prints`
  if (/ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH/.test(reason))
    return `start it (skerry up --profile ${profile} prints a compose file with one), or mend its address in the profile`
  if (/(role|database) ".*" does not exist/.test(reason))
    return `make it with ${statements}, or mend its name in the profile`
  // So a server also speaks of a role that it does not have.
  if (/password authentication failed/.test(reason))
    return `mend the password in the profile, or that of the role; a role that is missing is made with ${statements}`
  return undefined
}

/** Why a service could not use its server. */
function causeOf({ url, failure }: Trouble, { profile, otherwise }: Mends): Cause {
  const { hint, place, reason } = failure.details
  const mend = mendOf(failure, otherwise)
  // Nothing was written here, so what the code says of a store that works does not help.
  if (failure.code !== 'STORE_UNAVAILABLE' || typeof hint !== 'string')
    return { text: failure.message, common: failure.message, mend }
  if (withoutPassword.test(String(reason))) {
    const text = 'the profile gives no password'
    return { text, common: text, mend: 'let the address that the profile gives have one' }
  }
  const addresses = addressesOf(url)
  const said = hint.startsWith(`${String(place)}: `) ? hint.slice(String(place).length + 2) : hint
  const where = addresses.map(({ host, pathname }) => `${host}${pathname}`).join(', ')
  const text = `PostgreSQL at ${where}: ${said}`
  // Each service has a role of its own, which the server names in what is one mistake.
  const common = addresses.reduce(
    (words, { username }) => words.replaceAll(`"${decodeURIComponent(username)}"`, '"..."'),
    text
  )
  return { text, common, mend: knownMend(String(reason), profile) ?? mend }
}

/** One fault for each cause, with the services that it concerns. */
export function faultsOf(about: string, troubles: readonly Trouble[], mends: Mends): readonly Finding[] {
  const causes = new Map<string, { readonly cause: Cause; readonly services: string[] }>()
  for (const trouble of troubles) {
    const cause = causeOf(trouble, mends)
    const known = causes.get(cause.common)
    if (known) known.services.push(trouble.service)
    else causes.set(cause.common, { cause, services: [trouble.service] })
  }
  return [...causes.values()].map(({ cause: { text, common, mend }, services }) => {
    const why = (services.length === 1 ? text : common).replace(/\.$/, '')
    return { ...fault(about, `${why} (for ${services.join(', ')})`, mend), services }
  })
}
