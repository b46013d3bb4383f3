/** An instance that is alive, and what it can make use of. */
export interface LeaseMember {
  readonly id: string
  readonly names: readonly string[]
}

/** What one instance has to do so that all come to their share. */
export interface LeaseShare {
  /** Free leases that fall to it. */
  readonly take: readonly string[]
  /** Leases that it holds and should give up. */
  readonly surplus: readonly string[]
}

/** A lease that should go from one to another. */
interface LeaseMove {
  readonly name: string
  readonly from: string
  readonly to: string
}

/** How many leases each has, while they are dealt out. */
class Counts {
  readonly #members: readonly LeaseMember[]
  readonly #counts: Map<string, number>

  constructor(members: readonly LeaseMember[], holders: ReadonlyMap<string, string>) {
    this.#members = members
    this.#counts = new Map(members.map(({ id }) => [id, 0]))
    for (const holder of holders.values()) this.add(holder, 1)
  }

  of(id: string): number {
    return this.#counts.get(id) ?? 0
  }

  add(id: string, count: number): void {
    this.#counts.set(id, this.of(id) + count)
  }

  /** Who has the fewest of those that can make use of a lease; of several the one that came first. */
  fewest(name: string): string | undefined {
    let found: string | undefined
    for (const { id, names } of this.#members)
      if (names.includes(name) && (found === undefined || this.of(id) < this.of(found))) found = id
    return found
  }

  /** The lease whose move evens the shares most; undefined when none does. Who has the most gives up first. */
  mostUneven(holders: ReadonlyMap<string, string>): LeaseMove | undefined {
    let found: LeaseMove | undefined
    let most = 1
    for (const [name, from] of holders) {
      const to = this.fewest(name)
      if (to === undefined || this.of(from) - this.of(to) <= most) continue
      most = this.of(from) - this.of(to)
      found = { name, from, to }
    }
    return found
  }
}

/**
 * The share of one instance: free leases go to whoever has the fewest, and who has two more than another gives one up.
 * Every instance comes to the same, whoever asks first; what is dealt out already stays where it is as far as may be.
 * `members` are those alive, in the order in which they came; `holders` names the holder of each lease that one of
 * them has.
 */
export function leaseShare(
  instance: string,
  members: readonly LeaseMember[],
  holders: ReadonlyMap<string, string>
): LeaseShare {
  const counts = new Counts(members, holders)
  const names = [...new Set(members.flatMap((member) => member.names))].sort()
  const take: string[] = []
  for (const name of names) {
    const to = holders.has(name) ? undefined : counts.fewest(name)
    if (to === undefined) continue
    counts.add(to, 1)
    if (to === instance) take.push(name)
  }
  const surplus: string[] = []
  const left = new Map([...holders].sort())
  for (let next = counts.mostUneven(left); next; next = counts.mostUneven(left)) {
    counts.add(next.from, -1)
    counts.add(next.to, 1)
    left.delete(next.name)
    if (next.from === instance) surplus.push(next.name)
  }
  return { take, surplus }
}
