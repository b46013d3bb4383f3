import { join } from 'node:path'
import { Failure, toFailure } from '../core/index.ts'
import type { Config } from './config.ts'
import { nearestName } from './nearest-name.ts'
import { type ChosenProfile, filesProfile, type StorePlace } from './profile.ts'

/** What a place is called, without what may be secret in its address. */
function nameOf(place: StorePlace, service: string, directory: string): string {
  if (place.kind === 'sqlite') return join(directory, `${service}.db`)
  const [url = ''] = typeof place.url === 'string' ? [place.url] : place.url
  const { host, pathname } = new URL(url)
  return `PostgreSQL, schema ${place.schema ?? service} at ${host}${pathname}`
}

/** Where a service keeps its data in a profile, in words. */
export function describedPlace({ name, storeOf }: ChosenProfile, service: string, directory: string): string {
  return `${nameOf(storeOf(service), service, directory)} (profile '${name ?? filesProfile}')`
}

/** The profile that the words for a place name. */
export function profileIn(words: string): string | undefined {
  return / \(profile '(.+)'\)$/.exec(words)?.[1]
}

/** The same failure; where data were moved to the place of a profile, with the option that starts the system there. */
export function withProfile(thrown: unknown): Failure {
  const failure = toFailure(thrown)
  const { kind, to, hint } = failure.details
  const profile = failure.code === 'STORE_MOVED' && kind === 'gone' ? profileIn(String(to)) : undefined
  if (profile === undefined) return failure
  const more = `The option --profile ${profile} starts it there.`
  return new Failure(failure.code, { ...failure.details, hint: `${String(hint)} ${more}` }, thrown)
}

/** The place that the words name, whatever the profile is called that has it. */
export function placeIn(words: string): string {
  return words.replace(/ \(profile '.+'\)$/, '')
}

/** Whether the words that a move left are those for the place of a service in this profile, or in another that has the same. */
export function isMovedTo(to: string, profile: ChosenProfile, service: string, directory: string): boolean {
  const { name = filesProfile, storeOf } = profile
  return profileIn(to) === name || to.startsWith(`${nameOf(storeOf(service), service, directory)} (profile '`)
}

/** Fails with `SERVICE_UNKNOWN` when the system has no service of that name. */
export function checkService(service: string, { system }: Pick<Config, 'system'>): void {
  if (system.services.has(service)) return
  const names = [...system.services.keys()]
  const near = nearestName(service, names)
  const hint = `${system.name} has no service '${service}'${near === undefined ? `; it has ${names.join(', ')}` : `: did you mean '${near}'?`}`
  throw new Failure('SERVICE_UNKNOWN', { hint })
}
