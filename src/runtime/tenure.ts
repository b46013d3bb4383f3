import { Failure, toFailure } from '../core/index.ts'
import {
  type Beat,
  type Cancel,
  type Clock,
  type Fence,
  type HeldLease,
  type Instance,
  type Leases,
  type Log,
  unitOf
} from '../ports/index.ts'

/** So many beats fit into the time after which an instance counts as dead. */
const beatsPerLease = 3

/** What an engine does when parts of the service come and go. All of it is called between two turns. */
export interface PartsHolder {
  gained(unit: string): Promise<void>
  lost(unit: string): void
  /** Another instance has changed something of a part that is held. */
  changed(unit: string): Promise<void>
  /** Lets nothing new of these parts begin that takes a while, as they are about to be given up. */
  leaving(units: ReadonlySet<string>): void
  /** Whether something of a part that is to be given up is still under way. */
  isBusy(unit: string): boolean
  /** A beat was answered. */
  beaten(): Promise<void>
}

/** What a tenure is made of. */
export interface TenureOptions {
  readonly service: string
  /** Undefined for a store that belongs to one instance. */
  readonly leases: Leases | undefined
  readonly instance: string
  readonly url: string | undefined
  readonly ttlMs: number
  /** The parts of the service that one instance at a time works for. */
  readonly units: readonly string[]
  readonly clock: Clock
  readonly log: Log
}

type Between = <Result>(task: () => Promise<Result>) => Promise<Result>

/**
 * Which parts of a service this instance works for: all of them, where the store belongs to it alone; else those whose
 * leases it holds. It learns of a lost lease late, by a commit that fails or by the next beat: what it believes
 * meanwhile does no harm, because each commit names the leases that it relies on.
 */
export class Tenure {
  readonly #options: TenureOptions
  readonly #held = new Map<string, HeldLease>()
  readonly #released = new Set<string>()
  #instances: readonly Instance[] = []
  #holder: PartsHolder | undefined
  #between: Between | undefined
  #alarm: Cancel | undefined
  #expiry: Cancel | undefined
  #beating = false
  #again = false
  #failed = false
  #asking: Promise<unknown> = Promise.resolve()
  #left = false

  constructor(options: TenureOptions) {
    this.#options = options
  }

  /** Whether other instances may change what is stored. */
  get shared(): boolean {
    return this.#options.leases !== undefined
  }

  /** Whether no other instance lived at the last beat. One may have come since. */
  get alone(): boolean {
    return this.#instances.length <= 1
  }

  get instance(): string {
    return this.#options.instance
  }

  /** Whether this instance works for a unit. */
  holds(unit: string): boolean {
    return this.#options.leases === undefined || this.#held.has(unit)
  }

  /** The units whose work is this instance's; undefined when all of it is. */
  get units(): readonly string[] | undefined {
    return this.#options.leases ? [...this.#held.keys()] : undefined
  }

  /** Who held a unit at the last beat. */
  holderOf(unit: string): Instance | undefined {
    return this.#instances.find(({ leases }) => leases.includes(unit))
  }

  /** All instances that are alive now, the oldest first. */
  async instances(): Promise<readonly Instance[]> {
    const { leases, instance, url, units } = this.#options
    if (leases) return leases.instances()
    return [{ id: instance, ...(url === undefined ? {} : { url }), leases: units }]
  }

  /** The fences for what is done for these subscriptions. Fails with `LEASE_LOST` when one of them is not held. */
  fences(subscriptions: Iterable<string>): readonly Fence[] {
    if (!this.shared) return []
    const fences = new Map<string, Fence>()
    for (const subscription of subscriptions) {
      const lease = unitOf(subscription)
      const held = this.#held.get(lease)
      if (!held) throw new Failure('LEASE_LOST', { lease, hint: `${lease} is not held here any more.` })
      fences.set(lease, { lease, epoch: held.epoch })
    }
    return [...fences.values()]
  }

  /** Joins the other instances, before anything is read that depends on what is held. */
  async join(): Promise<void> {
    const beat = await this.#ask()
    for (const lease of beat?.held ?? []) this.#held.set(lease.name, lease)
  }

  /** Goes on beating; what it brings is done between two turns. */
  begin(holder: PartsHolder, between: Between): void {
    this.#holder = holder
    this.#between = between
    this.#next()
  }

  /** A commit failed by these fences: these parts are another's, until a beat says otherwise. */
  lose(fences: readonly Fence[]): void {
    this.#options.log.warn(
      'a commit came too late: what it was for is worked for elsewhere; nothing was written',
      {
        service: this.#options.service,
        units: fences.map(({ lease }) => lease)
      }
    )
    for (const { lease } of fences) this.#drop(lease)
    this.beatSoon()
  }

  /** Asks at once how things are. */
  beatSoon(): void {
    if (this.#beating) this.#again = true
    else void this.#beat()
  }

  /** Gives everything up, when nothing more will be committed. */
  async leave(): Promise<void> {
    this.#left = true
    this.#alarm?.()
    this.#expiry?.()
    this.#held.clear()
    // A beat that came later than this would bring it back.
    await this.#asking
    await this.#options.leases?.leave(this.#options.instance).catch(() => undefined)
  }

  async #ask(): Promise<Beat | undefined> {
    const { leases, instance, url, ttlMs, units: names, clock } = this.#options
    if (!leases) return undefined
    const released = [...this.#released]
    // Counted from before it is sent: the store counts from when it comes.
    const expiry = clock.schedule(ttlMs, () => this.#expire())
    try {
      const asked = leases.beat({ instance, ...(url === undefined ? {} : { url }), ttlMs, names, released })
      this.#asking = asked.catch(() => undefined)
      const beat = await asked
      this.#expiry?.()
      this.#expiry = expiry
      for (const name of released) this.#released.delete(name)
      this.#instances = beat.instances
      return beat
    } catch (thrown) {
      expiry()
      throw thrown
    }
  }

  #next(): void {
    const { leases, ttlMs, clock } = this.#options
    if (!leases || this.#left) return
    this.#alarm?.()
    this.#alarm = clock.schedule(Math.ceil(ttlMs / beatsPerLease), () => this.beatSoon())
  }

  async #beat(): Promise<void> {
    if (this.#left || !this.#between) return
    this.#beating = true
    this.#again = false
    try {
      const beat = await this.#ask()
      if (beat && !this.#left) await this.#between(() => this.#settle(beat))
      this.#failed = false
    } catch (thrown) {
      this.#complain(toFailure(thrown))
    }
    this.#beating = false
    if (this.#left) return
    if (this.#again) void this.#beat()
    else this.#next()
  }

  #complain(failure: Failure): void {
    if (this.#failed || failure.code === 'STOPPING') return
    this.#failed = true
    this.#options.log.warn('the leases of this instance cannot be renewed now', {
      service: this.#options.service,
      failure: failure.message
    })
  }

  /** No beat was answered for as long as a lease lasts: others may have taken over. */
  #expire(): void {
    if (this.#left) return
    this.#between?.(async () => {
      for (const lease of [...this.#held.keys()]) this.#drop(lease)
    }).catch(() => undefined)
    this.beatSoon()
  }

  #drop(lease: string): void {
    if (!this.#held.delete(lease)) return
    this.#holder?.lost(lease)
    this.#options.log.info('a part of the service is worked for elsewhere', {
      service: this.#options.service,
      unit: lease
    })
  }

  /** Brings what is done here in line with what a beat said. */
  async #settle({ held, surplus }: Beat): Promise<void> {
    const now = new Map(held.map((lease) => [lease.name, lease]))
    for (const [name, { epoch }] of [...this.#held]) if (now.get(name)?.epoch !== epoch) this.#drop(name)
    const leaving = new Set(surplus)
    this.#holder?.leaving(leaving)
    for (const lease of held) {
      const before = this.#held.get(lease.name)
      // What is to be given up at once is not begun.
      if (!before && leaving.has(lease.name)) this.#released.add(lease.name)
      else await this.#keep(lease, before)
    }
    for (const name of leaving)
      if (this.#held.has(name) && !this.#holder?.isBusy(name)) {
        this.#drop(name)
        this.#released.add(name)
      }
    if (this.#released.size > 0) this.#again = true
    await this.#holder?.beaten()
  }

  async #keep(lease: HeldLease, before: HeldLease | undefined): Promise<void> {
    this.#held.set(lease.name, lease)
    if (before && before.changes === lease.changes) return
    try {
      await (before ? this.#holder?.changed(lease.name) : this.#holder?.gained(lease.name))
    } catch (thrown) {
      // The next beat begins it anew.
      this.#drop(lease.name)
      throw thrown
    }
    if (before) return
    this.#options.log.info('a part of the service is worked for here', {
      service: this.#options.service,
      unit: lease.name,
      epoch: lease.epoch
    })
  }
}
