/** One instance of a service, and where it answers. */
export interface PostedInstance {
  readonly service: string
  readonly url: string
}

/** What an instance says of itself on a board. */
export interface InstanceNotice extends PostedInstance {
  /** Whether it takes work: one that does not is for those who find no other. */
  readonly isReady: boolean
}

/**
 * Where instances put up that they are there, and see who else is. A notice is gone by itself when it was not put up
 * again for `noticeMs`, by the time of the board; a newer one of the same instance takes the place of the former. Calls
 * fail with a failure that says whether trying again may help.
 */
export interface InstanceBoard {
  /** For people, such as `NATS`. */
  readonly name: string
  post(notices: readonly InstanceNotice[]): Promise<void>
  remove(instances: readonly PostedInstance[]): Promise<void>
  read(): Promise<readonly InstanceNotice[]>
  close(): Promise<void>
}

/** How long a notice holds that is not put up again, in milliseconds. */
export const noticeMs = 4_000

/** Where the instances of each service are, in a lasting order. */
export type InstanceUrls = ReadonlyMap<string, readonly string[]>

const inOrder = (urls: Iterable<string>): readonly string[] => [...new Set(urls)].toSorted()

/**
 * Where to ask for each service by what is on a board: at those that are ready, and where there is none at the others,
 * which say why: a service is not gone because its database restarts. Those `before` count as ready that say nothing else.
 */
export function instanceUrls(
  notices: readonly InstanceNotice[],
  before: InstanceUrls = new Map()
): InstanceUrls {
  const services = new Set([...before.keys(), ...notices.map(({ service }) => service)])
  return new Map(
    [...services].map((service) => {
      const own = notices.filter((notice) => notice.service === service)
      const unready = own.filter(({ isReady }) => !isReady).map(({ url }) => url)
      const told = [...(before.get(service) ?? []), ...own.map(({ url }) => url)]
      const ready = told.filter((url) => !unready.includes(url))
      return [service, inOrder(ready.length > 0 ? ready : unready)]
    })
  )
}
