import { Failure } from '../core/index.ts'
import { type Beat, type BeatRequest, type Fence, type Instance, leaseShare } from '../ports/index.ts'

interface Member {
  readonly id: string
  readonly url: string | undefined
  readonly names: readonly string[]
  readonly untilMs: number
}

interface DiskLease {
  epoch: number
  holder: string | undefined
  changes: number
}

/** Who shares a disk, and who holds what. */
export class DiskLeases {
  readonly #members = new Map<string, Member>()
  /** How often a commit came too late. */
  refused = 0
  /** How often a lease was taken. */
  taken = 0
  readonly #leases = new Map<string, DiskLease>()

  /** Fails with `LEASE_LOST` unless each is held under its epoch. */
  check(fences: readonly Fence[]): void {
    for (const { lease, epoch } of fences) {
      const now = this.#leases.get(lease)
      if (now?.epoch === epoch && now.holder !== undefined) continue
      this.refused += 1
      throw new Failure('LEASE_LOST', { hint: `${lease} is not held as it was under ${epoch}.`, lease })
    }
  }

  touch(names: readonly string[]): void {
    for (const name of names) {
      const lease = this.#leases.get(name)
      if (lease) lease.changes += 1
    }
  }

  beat({ instance, url, ttlMs, names, released }: BeatRequest, nowMs: number): Beat {
    this.#members.set(instance, { id: instance, url, names, untilMs: nowMs + ttlMs })
    for (const name of released) {
      const lease = this.#leases.get(name)
      if (lease?.holder === instance) lease.holder = undefined
    }
    const { take } = leaseShare(instance, this.#alive(nowMs), this.#holders(nowMs))
    this.taken += take.length
    for (const name of take) {
      const { epoch = 0, changes = 0 } = this.#leases.get(name) ?? {}
      this.#leases.set(name, { epoch: epoch + 1, holder: instance, changes })
    }
    const holders = this.#holders(nowMs)
    return {
      held: [...this.#leases]
        .filter(([name]) => holders.get(name) === instance)
        .map(([name, { epoch, changes }]) => ({ name, epoch, changes })),
      surplus: leaseShare(instance, this.#alive(nowMs), holders).surplus,
      instances: this.instances(nowMs)
    }
  }

  leave(instance: string): void {
    this.#members.delete(instance)
    for (const lease of this.#leases.values()) if (lease.holder === instance) lease.holder = undefined
  }

  instances(nowMs: number): readonly Instance[] {
    const holders = [...this.#holders(nowMs)]
    return this.#alive(nowMs).map(({ id, url }) => ({
      id,
      ...(url === undefined ? {} : { url }),
      leases: holders.filter(([, holder]) => holder === id).map(([name]) => name)
    }))
  }

  #alive(nowMs: number): readonly Member[] {
    for (const { id, untilMs } of [...this.#members.values()]) if (untilMs <= nowMs) this.#members.delete(id)
    return [...this.#members.values()]
  }

  #holders(nowMs: number): ReadonlyMap<string, string> {
    const alive = new Set(this.#alive(nowMs).map(({ id }) => id))
    const held = [...this.#leases].flatMap(([name, { holder }]) =>
      holder !== undefined && alive.has(holder) ? [[name, holder] as const] : []
    )
    return new Map(held.sort(([left], [right]) => (left < right ? -1 : 1)))
  }
}
