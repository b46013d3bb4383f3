import type { StoredTimer } from '../ports/index.ts'
import { unanswered } from './client.ts'
import type { Disk } from './disk.ts'
import { comparable } from './ending.ts'
import { FoundProblem } from './finding.ts'
import { epochMs } from './host-clock.ts'
import type { SimulatedWorld } from './simulated-world.ts'

/** How long a world may take to come to rest after it was healed, and how far ahead its timers may be. */
const restMs = 600_000
const timersMaxMs = 2 * 365 * 86_400_000
/** How often timers may set timers; more is no waiting, it is work without end. */
const timerRoundsMax = 300
/** In this time every node has looked at its wall clock, and fired what is due. */
const timersFireMs = 1_500
/** What clocks that stand still are put forward by: whole steps, so that equal worlds stay equal. */
export const calmStepMs = 60_000

/** Lets a world without faults come to rest: nothing under way, nothing unheard, nothing due. */
export class Rest<Outside> {
  readonly #world: SimulatedWorld<Outside>
  #unrest = 'The world never comes to rest.'

  constructor(world: SimulatedWorld<Outside>) {
    this.#world = world
  }

  get #isStill(): boolean {
    return this.#world.nodes.some(({ wall }) => wall.stillMs !== undefined)
  }

  /** What the wall clocks show at rest, when they all show the same. */
  get #wallMs(): number {
    const { stillMs, aheadMs = 0 } = this.#world.nodes[0]?.wall ?? {}
    return stillMs ?? epochMs + this.#world.world.nowMs + aheadMs
  }

  /** Puts all wall clocks forward. */
  #putForward(byMs: number): void {
    for (const { wall } of this.#world.nodes)
      if (wall.stillMs === undefined) wall.aheadMs += byMs
      else wall.stillMs += byMs
  }

  /** Puts the clocks forward, and lets the timers fire that are due by then: what follows must not race them. */
  async pass(byMs: number): Promise<void> {
    this.#putForward(byMs)
    if (this.#timers.every(({ dueMs }) => dueMs > this.#wallMs)) return
    const { world } = this.#world
    await world.run(world.nowMs + timersFireMs, () => false)
    await this.come()
  }

  /** Lets the world go on until nothing is left to do. */
  async come(): Promise<void> {
    const { world } = this.#world
    const untilMs = world.nowMs + restMs
    let pauseMs = 20
    for (;;) {
      // Asking everybody takes longer than all that they do; while something is written there is no need to.
      const written = this.#written
      await world.run(world.nowMs + pauseMs, () => false)
      if (written === this.#written && (await this.#isAtRest())) return
      if (world.nowMs > untilMs) throw new FoundProblem('comes-to-rest', this.#unrest)
      pauseMs = Math.min(2_000, pauseMs * 1.3)
    }
  }

  /** How often something was written, on all disks. */
  get #written(): number {
    let commits = 0
    for (const disk of this.#world.disks.values()) commits += disk.commits
    return commits
  }

  async #isAtRest(): Promise<boolean> {
    const { running, clients } = this.#world
    if (!running) return this.#isWaiting('a node does not start')
    const waiting = clients.sent.find(({ end }) => !end)
    if (waiting) return this.#isWaiting(unanswered(waiting))
    for (const system of running)
      for (const service of system.services.values()) {
        const status = await this.drive(service.status())
        const { name } = service.definition
        if (status.state !== 'running') return this.#isWaiting(`${name} is ${status.state}`)
        if (status.rebuilds.some(({ state }) => state === 'running'))
          return this.#isWaiting(`${name} rebuilds`)
        const behind = status.subscriptions.find(
          ({ source, published, pending }) => pending > 0 || published < this.#saidBy(source)
        )
        if (behind) return this.#isWaiting(`${name}/${behind.subscription} is behind ${behind.source}`)
        const parked = this.#parkedAlive(name)
        if (parked !== undefined) return this.#isWaiting(parked)
      }
    return true
  }

  #isWaiting(why: string): false {
    this.#unrest = why
    return false
  }

  /** A parked message that something still happens to: neither dead nor behind a dead one. */
  #parkedAlive(service: string): string | undefined {
    const parked = [...(this.#world.disks.get(service)?.parked.values() ?? [])]
    const dead = new Set(
      parked
        .filter(({ status }) => status === 'dead')
        .map(({ subscription, key }) => `${subscription} ${key}`)
    )
    const alive = parked.find(({ subscription, key }) => !dead.has(`${subscription} ${key}`))
    if (!alive) return undefined
    const { subscription, key, status, message, dueMs } = alive
    // A clock that stands still never reaches the next attempt.
    const byMs = this.#isStill ? dueMs - this.#wallMs : 0
    if (byMs > 0) this.#putForward(Math.ceil(byMs / calmStepMs) * calmStepMs)
    return `${service}/${subscription} has ${message.type} of ${key} set aside, ${status}`
  }

  /** How much a service has really said: others may not have heard of the last of it. */
  #saidBy(service: string): number {
    return (
      this.#world.disks
        .get(service)
        ?.heads()
        .reduce((sum, head) => sum + head, 0) ?? 0
    )
  }

  /** Lets time pass until a promise is settled. */
  async drive<Result>(promise: Promise<Result>): Promise<Result> {
    const { world } = this.#world
    let settled = false
    const done = (): void => {
      settled = true
    }
    promise.then(done, done)
    await world.run(world.nowMs + restMs, () => settled)
    if (!settled) throw new FoundProblem('comes-to-rest', 'A call to a running service never returns.')
    return promise
  }

  /** Tries dead letters again, and lets the timers fire that are still to come. */
  async outlive(): Promise<void> {
    await this.#redrive()
    const { world } = this.#world
    for (let round = 0; round < timerRoundsMax; round++) {
      const dueMs = Math.min(...this.#timers.map((timer) => timer.dueMs))
      const byMs = dueMs - this.#wallMs
      if (byMs > timersMaxMs) return
      // Time itself would take too long: the clocks are put forward, by which timers go.
      if (byMs > 0) this.#putForward(byMs)
      await world.run(world.nowMs + timersFireMs, () => false)
      await this.come()
    }
    const [timer] = this.#timers
    throw new FoundProblem(
      'processes-end',
      `${timer?.service}/${timer?.unit} ${timer?.key} sets the timer '${timer?.name}' again and again, without end.`
    )
  }

  get #timers(): readonly (StoredTimer & { readonly service: string })[] {
    return [...this.#world.disks.values()].flatMap(({ service, timers }) =>
      [...timers.values()].map((timer) => ({ ...timer, service }))
    )
  }

  /** A projection that is folded anew, from the beginning and in another order, must give the same rows. */
  async checkRebuilds(): Promise<void> {
    for (const system of this.#world.running ?? [])
      for (const service of system.services.values()) {
        const { name, units } = service.definition
        const disk = this.#world.disks.get(name) as Disk
        const projections = [...units.values()].filter(({ kind }) => kind === 'projection')
        const before = projections.map((unit) => liveRows(disk, unit.name))
        for (const { name: projection } of projections)
          await this.drive(service.rebuild(projection, 'simulator'))
        await this.come()
        for (const [index, unit] of projections.entries()) {
          const { mayDiffer } = this.#world
          const problem = differenceOfRows(before[index] ?? new Map(), liveRows(disk, unit.name), mayDiffer)
          if (problem) throw new FoundProblem('rebuilt-equals-live', `${name}/${unit.name} ${problem}`)
        }
      }
  }

  async #redrive(): Promise<void> {
    for (const system of this.#world.running ?? [])
      for (const service of system.services.values()) {
        const dead = await this.drive(service.deadLetters.list({ status: ['dead'], limit: 1_000 }))
        for (const { number } of dead) {
          // One may have gone with another before it.
          const still = this.#world.disks.get(service.definition.name)?.parked.get(number)?.status === 'dead'
          if (still) await this.drive(service.deadLetters.redrive(number, 'simulator'))
        }
      }
    await this.come()
  }
}

function liveRows(disk: Disk, projection: string): ReadonlyMap<string, string> {
  return disk.generationsOf(projection).find(({ status }) => status === 'live')?.rows ?? new Map()
}

function differenceOfRows(
  live: ReadonlyMap<string, string>,
  rebuilt: ReadonlyMap<string, string>,
  mayDiffer: ReadonlySet<string>
): string | undefined {
  for (const key of new Set([...live.keys(), ...rebuilt.keys()])) {
    const [was, is] = [live.get(key), rebuilt.get(key)]
    if (was === is) continue
    // The order of fields says nothing.
    if (was !== undefined && is !== undefined && comparable(was, mayDiffer) === comparable(is, mayDiffer))
      continue
    return `${key} was ${was ?? 'not there'}; rebuilt from the logs it is ${is ?? 'not there'}.`
  }
  return undefined
}
