import type { SystemDefinition } from '../core/index.ts'
import type { Batch, Committed } from '../ports/index.ts'
import type { RunningSystem } from '../runtime/index.ts'
import { Clients, type SentCommand } from './client.ts'
import { countBatch, type Reached } from './coverage.ts'
import { Disk } from './disk.ts'
import { Faults, type FiredFault, swarmRates } from './faults.ts'
import { FoundProblem } from './finding.ts'
import { forbidGlobals, insideWorld } from './forbidden-globals.ts'
import { generatedWorkload, planOf } from './generated-workload.ts'
import type { History } from './history.ts'
import { latestMs } from './host-clock.ts'
import { Network } from './network.ts'
import { nextVersion } from './next-version.ts'
import { checkCommit, type Evidence } from './oracles.ts'
import { withPoison } from './poison.ts'
import { type Random, randomStream } from './random.ts'
import { SimulatedNode } from './simulated-node.ts'
import type { Simulation } from './simulation.ts'
import { toldCommit } from './told-commit.ts'
import { World } from './world.ts'
import type { NumberedCommand, WorldOptions } from './world-options.ts'
import { viewOf } from './world-view.ts'

/** In a calm world messages take long, so that those of different services overtake each other. */
const calmHopMs = 60
/** Fewer than a real log has: what depends on their number is the same, and a world has few keys. */
const partitionChoices = [1, 2, 3, 4, 8]
const silentLog = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

/** Everything there is in a world of one system: nodes and disks, the network between them, clients, faults. */
export class SimulatedWorld<Outside> {
  readonly seed: number
  readonly world: World = new World()
  readonly network: Network
  readonly faults: Faults
  readonly clients: Clients
  readonly nodes: readonly SimulatedNode[]
  readonly disks: Map<string, Disk> = new Map()
  readonly definition: SystemDefinition
  readonly outside: Outside
  /** Fields by which worlds, and what is rebuilt, are not compared. */
  readonly mayDiffer: ReadonlySet<string>
  readonly reached: Reached = {}
  readonly commands: readonly NumberedCommand[]
  readonly #simulation: Simulation<Outside>
  readonly #options: WorldOptions
  readonly #evidence: Evidence = { timersFired: new Map(), sequences: new Map() }
  readonly #poisons: boolean
  /** Which of several nodes of a service a client sends to. */
  readonly #instances: Random
  /** Events of machines that were committed. */
  decided = 0

  constructor(simulation: Simulation<Outside>, options: WorldOptions) {
    const { seed, calm, history } = options
    const rates = options.rates ?? (calm ? {} : swarmRates(seed))
    this.seed = seed
    this.#instances = randomStream(seed, 'instances')
    this.mayDiffer = new Set(simulation.mayDiffer)
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
    const partitions = randomStream(seed, 'partitions').pick(partitionChoices)
    const { world } = this
    const services = [...this.definition.services.keys()]
    const isOne = nodes === 'one' || (nodes === undefined && randomStream(seed, 'nodes').chance(0.25))
    const groups: [string, string[]][] = isOne
      ? [['all', services]]
      : services.map((service) => [service, [service]])
    const { instances = 1 } = this.#options
    const surroundings = {
      seed,
      isShared: instances > 1,
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
    return groups.flatMap(([name, group]) => {
      for (const service of group) this.disks.set(service, new Disk(service, partitions))
      const disks = new Map(group.map((service) => [service, this.disks.get(service) as Disk]))
      return Array.from({ length: instances }, (_, index) => {
        const named = instances === 1 ? name : `${name}#${index + 1}`
        return new SimulatedNode(named, disks, { aheadMs: 0 }, this.definition, surroundings)
      })
    })
  }

  /** A node that runs a service: any of them. */
  nodeOf(service: string): SimulatedNode {
    const nodes = this.nodes.filter(({ disks }) => disks.has(service))
    const [node] = nodes
    if (node) return nodes.length === 1 ? node : this.#instances.pick(nodes)
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
      onSend: ({ command: { service, type, key } }) =>
        history?.push({ kind: 'command', service, text: `${type} ${key}`, atMs: world.nowMs }),
      onEnd: (sent) => history?.push(answerEpisode(sent, world.nowMs))
    })
  }

  #onCommit(disk: Disk, batch: Batch, committed: Committed): void {
    const { world } = this
    // What is written, and not only that something is: else what no seed decides may hide in it.
    world.traceData(batch)
    for (const { kind, type } of batch.log) if (kind === 'event' && type !== '') this.decided += 1
    countBatch(this.definition, disk.service, batch, this.reached)
    const { history } = this.#options
    history?.push(...toldCommit(this.definition, this.disks, disk.service, batch, world.nowMs))
    const nodes = this.nodes.filter(({ disks }) => disks.has(disk.service))
    const nowMs = Math.max(...nodes.map(({ wall }) => latestMs(wall, world.nowMs)))
    try {
      checkCommit(disk, batch, committed, nowMs, this.#evidence)
      this.checkInvariants('always')
    } catch (thrown) {
      // Thrown on, it would be a failure of the store to the node, which lives with those.
      world.fail(thrown)
    }
  }

  /** Fails with a finding named after the invariant that does not hold. */
  checkInvariants(when: 'at rest' | 'always'): void {
    const due = this.#simulation.invariants?.filter((each) => each.when === when) ?? []
    for (const { name, check } of due) {
      let said: unknown
      try {
        said = check(viewOf(this.definition, this.disks, this.outside))
      } catch (thrown) {
        said = thrown instanceof Error ? thrown.message : String(thrown)
      }
      if (typeof said === 'string') throw new FoundProblem(name, said)
      if (said === false) throw new FoundProblem(name, 'It does not hold.')
    }
  }

  /** The version that is rolled out in the middle. */
  next(): SystemDefinition {
    return this.#tainted(nextVersion(this.#simulation, this.definition, this.outside))
  }

  /** Every node as it runs, once all of them do and none of them stops. */
  get running(): readonly RunningSystem[] | undefined {
    const running = this.nodes.map((node) => (node.isStopping ? undefined : node.running))
    return running.every((one) => one !== undefined) ? running : undefined
  }
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
): readonly NumberedCommand[] {
  const commands = simulation.workload?.(random) ?? generatedWorkload(planOf(simulation, system), random)
  return commands.map((command, index) => ({ index, command }))
}
