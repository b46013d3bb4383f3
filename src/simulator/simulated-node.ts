import type { SystemDefinition } from '../core/index.ts'
import type { Batch, Committed, Log } from '../ports/index.ts'
import { type RunningSystem, startSystem } from '../runtime/index.ts'
import type { Disk } from './disk.ts'
import type { Faults } from './faults.ts'
import type { Host } from './host.ts'
import { hostClock, type WallClock } from './host-clock.ts'
import { hostIds } from './host-ids.ts'
import type { Network } from './network.ts'
import { type Random, randomStream } from './random.ts'
import { simulatedEffects } from './simulated-effects.ts'
import { SimulatedStore } from './simulated-store.ts'
import { eternal, type Life, type World } from './world.ts'

/** How long a supervisor takes to start a node again, on the mean. */
const restartMs = 200

/** What all nodes of a world share. */
export interface Surroundings {
  readonly seed: number
  readonly world: World
  readonly network: Network
  readonly faults: Faults
  readonly log: Log
  /** Every effect is carried out twice. */
  readonly effectsTwice: boolean
  /** Other nodes run the same services on the same disks. */
  readonly isShared: boolean
  readonly onCommit: (disk: Disk, batch: Batch, committed: Committed) => void
  /** Something happened to a node that a reader of the history wants to know. */
  readonly onTurn: (node: string, what: string) => void
}

/** A machine with one or several services on it: its disks and its wall clock outlive the node that runs there. */
export class SimulatedNode {
  readonly name: string
  readonly disks: ReadonlyMap<string, Disk>
  readonly wall: WallClock
  readonly #surroundings: Surroundings
  readonly #latency: Random
  readonly #ids: Random
  readonly #counter = { next: 1 }
  #definition: SystemDefinition
  #life: Life = { alive: false, pausedUntilMs: 0 }
  #running: RunningSystem | undefined
  #isStopping = false
  /** How often it was started. */
  starts = 0

  constructor(
    name: string,
    disks: ReadonlyMap<string, Disk>,
    wall: WallClock,
    definition: SystemDefinition,
    surroundings: Surroundings
  ) {
    this.name = name
    this.disks = disks
    this.wall = wall
    this.#definition = definition
    this.#surroundings = surroundings
    this.#latency = randomStream(surroundings.seed, `latency ${name}`)
    this.#ids = randomStream(surroundings.seed, `ids ${name}`)
  }

  /** The system while it runs; undefined while the node is down or starting. */
  get running(): RunningSystem | undefined {
    return this.#life.alive ? this.#running : undefined
  }

  /** True while it stops in good order: what it is asked meanwhile may never be answered. */
  get isStopping(): boolean {
    return this.#life.alive && this.#isStopping
  }

  get life(): Life {
    return this.#life
  }

  /** Starts the node; tries again after a while when it cannot start. */
  start(): void {
    const { world, network, faults, log } = this.#surroundings
    const life: Life = { alive: true, pausedUntilMs: 0 }
    this.#life = life
    this.#running = undefined
    this.#isStopping = false
    this.starts += 1
    const host: Host = {
      name: this.name,
      world,
      life,
      faults,
      random: this.#latency,
      crash: () => {
        this.crash('crashes')
        return new Promise(() => undefined)
      }
    }
    network.join(host, this.disks)
    const bus = network.busOf(host)
    const definition = this.#definition
    startSystem(
      definition,
      {
        openStore: async (service) => this.#open(service, host),
        bus,
        clock: hostClock(host, this.wall),
        ids: hostIds(this.name, this.#ids, this.#counter),
        log,
        effects: () => simulatedEffects(host, this.#surroundings.effectsTwice),
        limits: { statesCachedMax: 200, bufferedMax: 256 }
      },
      { only: [...this.disks.keys()] }
    ).then(
      (running) => {
        if (!life.alive) return
        this.#running = running
        // The next version came while this one was starting.
        if (this.#definition !== definition) this.deploy(this.#definition)
      },
      (thrown: unknown) => {
        if (!life.alive) return
        life.alive = false
        log.error(`${this.name} cannot start`, { error: thrown })
        world.after(restartMs, eternal, `${this.name} starts again`, () => this.start())
      }
    )
  }

  #open(service: string, host: Host): SimulatedStore {
    const disk = this.disks.get(service)
    if (!disk) throw new Error(`${this.name} has no disk of ${service}.`)
    return new SimulatedStore(disk, host, this.#surroundings.onCommit, this.#surroundings.isShared)
  }

  /** Ends the node as kill -9 does; a supervisor starts it again. */
  crash(how: string): void {
    if (!this.#life.alive) return
    const { world, onTurn } = this.#surroundings
    this.#life.alive = false
    this.#running = undefined
    onTurn(this.name, how)
    const downMs = this.#latency.around(restartMs)
    world.after(downMs, eternal, `${this.name} starts again`, () => {
      onTurn(this.name, 'starts again')
      this.start()
    })
  }

  /** Stops the node in good order and starts it as another version. */
  deploy(definition: SystemDefinition): void {
    const { onTurn } = this.#surroundings
    this.#definition = definition
    const running = this.running
    const life = this.#life
    if (!running) return
    this.#isStopping = true
    onTurn(this.name, 'is stopped for the next version')
    running.stop().then(
      () => {
        if (!life.alive) return
        life.alive = false
        onTurn(this.name, 'starts as the next version')
        this.start()
      },
      () => this.crash('fails to stop')
    )
  }

  /** Nothing happens on the node for a while, and it does not know. */
  pause(forMs: number): void {
    this.#life.pausedUntilMs = this.#surroundings.world.nowMs + forMs
  }
}
