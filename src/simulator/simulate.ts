import { canonicalJson, type SystemDefinition } from '../core/index.ts'
import type { Batch, Committed } from '../ports/index.ts'
import type { RunningSystem } from '../runtime/index.ts'
import { Clients, type SentCommand } from './client.ts'
import { countBatch, type Reached } from './coverage.ts'
import { Disk } from './disk.ts'
import { endingOf } from './ending.ts'
import { type FaultRates, Faults, type FiredFault, swarmRates } from './faults.ts'
import { type Finding, FoundProblem } from './finding.ts'
import { forbidGlobals, insideWorld } from './forbidden-globals.ts'
import { generatedWorkload, planOf } from './generated-workload.ts'
import type { History } from './history.ts'
import { epochMs } from './host-clock.ts'
import { Network } from './network.ts'
import { nextVersion } from './next-version.ts'
import { checkAtRest, checkCommit, type Evidence } from './oracles.ts'
import { withPoison } from './poison.ts'
import { type Random, randomStream } from './random.ts'
import { SimulatedNode } from './simulated-node.ts'
import type { SimulatedCommand, Simulation } from './simulation.ts'
import { Weather } from './weather.ts'
import { World } from './world.ts'
import { viewOf } from './world-view.ts'

/** One world to run. */
export interface WorldOptions {
  readonly seed: number
  /** Default: those of the seed. */
  readonly rates?: FaultRates
  /** Only the faults with these ids happen. */
  readonly faults?: ReadonlySet<string> | undefined
  /** What the clients send instead of what the workload draws; the index of each is kept. */
  readonly commands?: readonly { readonly index: number; readonly command: SimulatedCommand }[] | undefined
  /** Keeps what happened, to be told. */
  readonly history?: History | undefined
  /** Every service on a node of its own, or all of them on one; default: as the seed has it. */
  readonly nodes?: 'each' | 'one'
  /** A world in which one command follows when the one before has had all its effects, and clocks stand still between. */
  readonly calm?: CalmOptions
}

/** How a calm world goes: equal but for this, two of them must end equal. */
export interface CalmOptions {
  /** Which of the legal orders messages of different keys and services are heard in. */
  readonly schedule: number
  /** Every message arrives twice, and every effect is carried out twice. */
  readonly twice?: boolean
  /** This service is cut off from everybody from the beginning. */
  readonly cutOff?: string
}

/** What came of a world. */
export interface WorldResult {
  readonly seed: number
  readonly finding: Finding | undefined
  readonly fired: readonly FiredFault[]
  readonly commands: readonly { readonly index: number; readonly command: SimulatedCommand }[]
  /** Commands that machines decided, from clients and from services. */
  readonly decided: number
  readonly traceHash: string
  readonly reached: Reached
  readonly virtualMs: number
  readonly happened: number
  /** What is on the disks at the end, by service, unit and key; only of a calm world. */
  readonly ending: ReadonlyMap<string, string>
}

/** How long a world may take to come to rest after it was healed, and how far its timers may be ahead. */
const restMs = 600_000
const timersMaxMs = 2 * 365 * 86_400_000
/** In a calm world messages take long, so that those of different services overtake each other. */
const calmHopMs = 60
/** What the clocks are put forward by after each command of a calm world. */
const calmStepMs = 60_000
/** The shortest time of faults. */
const chaosMs = 2_000
const silentLog = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

/** A world of one system, from its beginning until it has come to rest. */
export class SimulatedWorld<Outside> {
  readonly world: World = new World()
  readonly network: Network
  readonly faults: Faults
  readonly clients: Clients
  readonly nodes: readonly SimulatedNode[]
  readonly disks: Map<string, Disk> = new Map()
  readonly definition: SystemDefinition
  readonly outside: Outside
  readonly reached: Reached = {}
  readonly commands: readonly { readonly index: number; readonly command: SimulatedCommand }[]
  readonly #simulation: Simulation<Outside>
  readonly #options: WorldOptions
  readonly #evidence: Evidence = { timersFired: new Map() }
  readonly #poisons: boolean
  #decided = 0

  constructor(simulation: Simulation<Outside>, options: WorldOptions) {
    const { seed, calm, history } = options
    const rates = options.rates ?? (calm ? {} : swarmRates(seed))
    this.#simulation = simulation
    this.#options = options
    const { world } = this
    forbidGlobals()
    this.outside = insideWorld(world, () => simulation.outside?.() as Outside)
    const onFired = ({ kind, where, atMs }: FiredFault): void => {
      const node = this.disks.has(where.split(/[ /]/)[0] ?? '')
        ? (where.split(/[ /]/)[0] as string)
        : 'clients'
      history?.push({ kind: 'fault', node, text: `${kind}: ${where}`, atMs })
    }
    this.faults = new Faults(seed, rates, () => world.nowMs, options.faults, onFired)
    this.#poisons = rates['poison-message'] !== undefined
    this.definition = this.#tainted(
      typeof simulation.system === 'function' ? simulation.system(this.outside) : simulation.system
    )
    this.network = calm
      ? new Network(world, randomStream(seed, `network ${calm.schedule}`), calmHopMs)
      : new Network(world, randomStream(seed, 'network'))
    this.network.double = calm?.twice ?? false
    this.network.lossless = calm !== undefined
    this.commands =
      options.commands ??
      insideWorld(world, () => drawn(simulation, this.definition, randomStream(seed, 'workload')))
    this.nodes = this.#makeNodes(history)
    this.clients = this.#makeClients(history)
  }

  #tainted(system: SystemDefinition): SystemDefinition {
    return this.#poisons ? withPoison(system, this.faults) : system
  }

  #makeNodes(history: History | undefined): readonly SimulatedNode[] {
    const { seed, calm, nodes = calm && 'each' } = this.#options
    const { world } = this
    const services = [...this.definition.services.keys()]
    const isOne = nodes === 'one' || (nodes === undefined && randomStream(seed, 'nodes').chance(0.25))
    const groups: [string, string[]][] = isOne
      ? [['all', services]]
      : services.map((service) => [service, [service]])
    const surroundings = {
      seed,
      world,
      network: this.network,
      faults: this.faults,
      log: silentLog,
      effectsTwice: this.#options.calm?.twice ?? false,
      onCommit: (disk: Disk, batch: Batch, committed: Committed) => this.#onCommit(disk, batch, committed),
      onTurn: (node: string, what: string) => {
        world.trace(`${node} ${what}`)
        history?.push({ kind: 'node', node, text: what, atMs: world.nowMs })
      }
    }
    return groups.map(([name, group]) => {
      for (const service of group) this.disks.set(service, new Disk(service))
      const disks = new Map(group.map((service) => [service, this.disks.get(service) as Disk]))
      return new SimulatedNode(name, disks, { aheadMs: 0 }, this.definition, surroundings)
    })
  }

  nodeOf(service: string): SimulatedNode {
    const node = this.nodes.find(({ disks }) => disks.has(service))
    if (node) return node
    throw new Error(`The workload sends to '${service}', which is no service of ${this.definition.name}.`)
  }

  #makeClients(history: History | undefined): Clients {
    const { world, network, faults } = this
    return new Clients({
      world,
      faults,
      random: randomStream(this.#options.seed, 'clients'),
      nodeOf: (service) => this.nodeOf(service),
      reaches: (node) => network.passes('clients', node.name) && network.passes(node.name, 'clients'),
      onEnd: (sent) => history?.push(answerEpisode(sent, world.nowMs))
    })
  }

  #onCommit(disk: Disk, batch: Batch, committed: Committed): void {
    const { world } = this
    for (const { kind, type } of batch.log) {
      world.trace(`${disk.service} ${type}`)
      if (kind !== 'event' || type === '') continue
      this.#decided += 1
    }
    countBatch(this.definition, disk.service, batch, this.reached)
    const { history } = this.#options
    if (history)
      for (const { kind, type, key, to } of batch.log)
        history.push({
          kind: 'said',
          service: disk.service,
          to: to?.service,
          text: `${kind === 'refusal' ? 'refused ' : ''}${type} ${to?.key ?? key}`,
          atMs: world.nowMs
        })
    const { stillMs, aheadMs } = this.nodeOf(disk.service).wall
    const nowMs = stillMs ?? epochMs + world.nowMs + aheadMs
    checkCommit(disk, batch, committed, nowMs, this.#evidence)
    this.#checkInvariants('always')
  }

  #checkInvariants(when: 'at rest' | 'always'): void {
    const due = this.#simulation.invariants?.filter((each) => each.when === when) ?? []
    for (const { name, check } of due) {
      let said: unknown
      try {
        said = check(viewOf(this.disks, this.outside))
      } catch (thrown) {
        said = thrown instanceof Error ? thrown.message : String(thrown)
      }
      if (typeof said === 'string') throw new FoundProblem(name, said)
      if (said === false) throw new FoundProblem(name, 'It does not hold.')
    }
  }

  /** Runs the world to its end. */
  async run(): Promise<WorldResult> {
    let finding: Finding | undefined
    try {
      await this.#live()
    } catch (thrown) {
      if (!(thrown instanceof FoundProblem)) throw thrown
      finding = thrown.finding
    }
    const { world } = this
    return {
      seed: this.#options.seed,
      finding,
      fired: this.faults.fired,
      commands: this.commands,
      decided: this.#decided,
      traceHash: world.traceHash,
      reached: this.reached,
      virtualMs: world.nowMs,
      happened: world.happened,
      ending: this.#options.calm ? endingOf(this.disks, this.#simulation.mayDiffer ?? []) : new Map()
    }
  }

  async #live(): Promise<void> {
    const { calm } = this.#options
    if (calm) await this.#liveCalmly(calm)
    else await this.#liveThroughChaos()
  }

  async #liveCalmly({ cutOff }: CalmOptions): Promise<void> {
    for (const node of this.nodes) {
      node.wall.stillMs = epochMs
      node.start()
    }
    await this.world.run(restMs, () => this.running !== undefined)
    if (cutOff !== undefined) return this.#liveCutOff(cutOff)
    const inOrder = this.commands.toSorted(
      (left, right) => (left.command.atMs ?? 0) - (right.command.atMs ?? 0)
    )
    for (const { index, command } of inOrder) {
      this.clients.begin([{ index, command: { ...command, atMs: 0 } }])
      await this.#rest()
      this.#putForward(calmStepMs)
    }
    await this.#afterlife()
    checkAtRest(this)
    this.#checkInvariants('at rest')
  }

  /** Everybody else must go on answering commands, whether or not the one that is cut off can be heard. */
  async #liveCutOff(service: string): Promise<void> {
    this.network.cut(service, '*', Number.POSITIVE_INFINITY)
    this.network.cut('*', service, Number.POSITIVE_INFINITY)
    this.clients.begin(this.commands.filter(({ command }) => command.service !== service))
    const lastMs = Math.max(0, ...this.commands.map(({ command }) => command.atMs ?? 0))
    if (await this.world.run(this.world.nowMs + lastMs + 30_000, () => this.clients.open === 0)) return
    const waits = this.clients.sent.find(({ end, sent }) => !end && sent > 0)?.command
    throw new FoundProblem(
      'answers-alone',
      `While ${service} is cut off, ${waits?.service} does not answer ${waits?.type} ${waits?.key}.`
    )
  }

  /** What the wall clocks show at rest, when they all show the same. */
  get #wallMs(): number {
    const { stillMs, aheadMs = 0 } = this.nodes[0]?.wall ?? {}
    return stillMs ?? epochMs + this.world.nowMs + aheadMs
  }

  #putForward(byMs: number): void {
    for (const { wall } of this.nodes)
      if (wall.stillMs === undefined) wall.aheadMs += byMs
      else wall.stillMs += byMs
  }

  async #liveThroughChaos(): Promise<void> {
    for (const node of this.nodes) node.start()
    this.clients.begin(this.commands)
    const next = this.#tainted(nextVersion(this.#simulation, this.definition, this.outside))
    const weather = new Weather(this, randomStream(this.#options.seed, 'weather'), next)
    weather.begin()
    const lastMs = Math.max(chaosMs, ...this.commands.map(({ command }) => command.atMs ?? 0))
    await this.world.run(lastMs, () => false)
    await this.#chaos(lastMs)
    weather.end()
    this.#heal()
    await this.#rest()
    await this.#afterlife()
    checkAtRest(this)
    await this.#checkRebuilds()
    this.#checkInvariants('at rest')
  }

  /** Faults go on until the clients have their answers, but not for ever. */
  async #chaos(lastMs: number): Promise<void> {
    await this.world.run(lastMs + 5_000, () => this.clients.open === 0)
  }

  #heal(): void {
    this.faults.active = false
    this.network.heal()
    // Forwards: what a node made due by a clock that was ahead would else wait as long.
    const aheadMs = Math.max(0, ...this.nodes.map(({ wall }) => wall.aheadMs))
    for (const node of this.nodes) {
      node.wall.aheadMs = aheadMs
      node.life.pausedUntilMs = 0
    }
  }

  /** Every node as it runs, once all of them do. */
  get running(): readonly RunningSystem[] | undefined {
    const running = this.nodes.map((node) => node.running)
    return running.every((one) => one !== undefined) ? running : undefined
  }

  /** Lets the world go on until nothing is left to do. */
  async #rest(): Promise<void> {
    const { world } = this
    const untilMs = world.nowMs + restMs
    let pauseMs = 20
    while (!(await this.#isAtRest())) {
      if (world.nowMs > untilMs)
        throw new FoundProblem('comes-to-rest', this.#unrest ?? 'The world never comes to rest.')
      await world.run(world.nowMs + pauseMs, () => false)
      pauseMs = Math.min(2_000, pauseMs * 1.3)
    }
  }

  #unrest: string | undefined

  async #isAtRest(): Promise<boolean> {
    const { running } = this
    if (!running) return this.#isWaiting('a node does not start')
    if (this.clients.open > 0) {
      const waits = this.clients.sent.find(({ end }) => !end)?.command
      return this.#isWaiting(`${waits?.service} does not answer ${waits?.type} ${waits?.key}`)
    }
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
    const parked = [...(this.disks.get(service)?.parked.values() ?? [])]
    const dead = new Set(
      parked
        .filter(({ status }) => status === 'dead')
        .map(({ subscription, key }) => `${subscription} ${key}`)
    )
    const alive = parked.find(({ subscription, key }) => !dead.has(`${subscription} ${key}`))
    if (!alive) return undefined
    const { subscription, key, status, message, dueMs } = alive
    // A clock that stands still never reaches the next attempt: whole steps, so that equal worlds stay equal.
    const byMs = this.#options.calm ? dueMs - this.#wallMs : 0
    if (byMs > 0) this.#putForward(Math.ceil(byMs / calmStepMs) * calmStepMs)
    return `${service}/${subscription} has ${message.type} of ${key} set aside, ${status}`
  }

  /** How much a service has really said: others may not have heard of the last of it. */
  #saidBy(service: string): number {
    return (
      this.disks
        .get(service)
        ?.heads()
        .reduce((sum, head) => sum + head, 0) ?? 0
    )
  }

  /** Lets time pass until a promise is settled. */
  async drive<Result>(promise: Promise<Result>): Promise<Result> {
    let settled = false
    const done = (): void => {
      settled = true
    }
    promise.then(done, done)
    await this.world.run(this.world.nowMs + restMs, () => settled)
    if (!settled) throw new FoundProblem('comes-to-rest', 'A call to a running service never returns.')
    return promise
  }

  /** Tries dead letters again, and lets the timers fire that are still to come. */
  async #afterlife(): Promise<void> {
    await this.#redrive()
    for (;;) {
      const dueMs = Math.min(
        ...[...this.disks.values()].flatMap(({ timers }) => [...timers.values()].map((each) => each.dueMs))
      )
      const byMs = dueMs - this.#wallMs
      if (byMs > timersMaxMs) return
      // Time itself would take too long: the clocks are put forward, by which timers go.
      if (byMs > 0) this.#putForward(byMs)
      await this.world.run(this.world.nowMs + 1_500, () => false)
      await this.#rest()
    }
  }

  /** A projection that is folded anew, from the beginning and in another order, must give the same rows. */
  async #checkRebuilds(): Promise<void> {
    for (const system of this.running ?? [])
      for (const service of system.services.values()) {
        const { name, units } = service.definition
        const disk = this.disks.get(name) as Disk
        const projections = [...units.values()].filter(({ kind }) => kind === 'projection')
        const before = projections.map((unit) => liveRows(disk, unit.name))
        for (const { name: projection } of projections)
          await this.drive(service.rebuild(projection, 'simulator'))
        await this.#rest()
        for (const [index, unit] of projections.entries()) {
          const problem = differenceOfRows(before[index] ?? new Map(), liveRows(disk, unit.name))
          if (problem) throw new FoundProblem('rebuilt-equals-live', `${name}/${unit.name} ${problem}`)
        }
      }
  }

  async #redrive(): Promise<void> {
    for (const system of this.running ?? [])
      for (const service of system.services.values()) {
        const dead = await this.drive(service.deadLetters.list({ status: ['dead'], limit: 1_000 }))
        for (const { number } of dead) {
          // One may have gone with another before it.
          const still = this.disks.get(service.definition.name)?.parked.get(number)?.status === 'dead'
          if (still) await this.drive(service.deadLetters.redrive(number, 'simulator'))
        }
      }
    await this.#rest()
  }
}

function liveRows(disk: Disk, projection: string): ReadonlyMap<string, string> {
  return disk.generationsOf(projection).find(({ status }) => status === 'live')?.rows ?? new Map()
}

function differenceOfRows(
  live: ReadonlyMap<string, string>,
  rebuilt: ReadonlyMap<string, string>
): string | undefined {
  for (const key of new Set([...live.keys(), ...rebuilt.keys()])) {
    const [was, is] = [live.get(key), rebuilt.get(key)]
    if (was === is) continue
    // The order of fields says nothing.
    if (
      was !== undefined &&
      is !== undefined &&
      canonicalJson(JSON.parse(was)) === canonicalJson(JSON.parse(is))
    )
      continue
    return `${key} was ${was ?? 'not there'}; rebuilt from the logs it is ${is ?? 'not there'}.`
  }
  return undefined
}

function answerEpisode({ command, end }: SentCommand, atMs: number): History[number] {
  const said =
    end?.kind === 'turned-down'
      ? end.failure.code
      : end?.answer.outcome === 'accepted'
        ? end.answer.event.type
        : `refused: ${end?.answer.refusal.code}`
  return { kind: 'answer', service: command.service, text: `${command.type} ${command.key}: ${said}`, atMs }
}

function drawn<Outside>(
  simulation: Simulation<Outside>,
  system: SystemDefinition,
  random: Random
): readonly { readonly index: number; readonly command: SimulatedCommand }[] {
  const commands = simulation.workload?.(random) ?? generatedWorkload(planOf(simulation, system), random)
  return commands.map((command, index) => ({ index, command }))
}

/** The system of a simulation, to be looked at. */
export function systemOf<Outside>({ system, outside }: Simulation<Outside>): SystemDefinition {
  return typeof system === 'function' ? system(outside?.() as Outside) : system
}

/** Runs one world of a simulation. The same options give the same result, to the last happening. */
export function simulate<Outside>(
  simulation: Simulation<Outside>,
  options: WorldOptions
): Promise<WorldResult> {
  return new SimulatedWorld(simulation, options).run()
}
