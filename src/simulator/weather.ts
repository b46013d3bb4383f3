import type { SystemDefinition } from '../core/index.ts'
import type { Faults } from './faults.ts'
import { jump } from './host-clock.ts'
import type { Network } from './network.ts'
import type { Random } from './random.ts'
import type { SimulatedNode } from './simulated-node.ts'
import { eternal, type Life, type World } from './world.ts'

/** What the weather falls on. */
export interface Weathered {
  readonly world: World
  readonly network: Network
  readonly faults: Faults
  readonly nodes: readonly SimulatedNode[]
}

/** How often each node meets the weather. */
const gustMs = 100
const pauseMs = 2_000
/** What waits for the end of a pause waits on when the world heals, but not until nobody asks for lost messages. */
const pauseMaxMs = 6_000
const jumpMs = 600_000
/** When the next version begins to be rolled out, and how long after one node follows the next. */
const deployMs = 1_000
const deployEachMs = 300

/** Faults that befall a node whatever it does: cut off, paused, its clock moved, stopped for a new version. */
export class Weather {
  readonly #on: Weathered
  readonly #random: Random
  readonly #next: SystemDefinition
  readonly #life: Life = { ...eternal }
  /** What is still to be deployed of a roll-out that has begun. */
  #old: SimulatedNode[] = []

  constructor(on: Weathered, random: Random, next: SystemDefinition) {
    this.#on = on
    this.#random = random
    this.#next = next
  }

  begin(): void {
    this.#gust()
    const { world, faults, nodes } = this.#on
    world.after(this.#random.around(deployMs), this.#life, 'a version is rolled out', () => {
      if (!faults.fires('deploy', 'all')) return
      this.#old = [...nodes]
      this.#rollOut()
    })
  }

  /** A roll-out that has begun is brought to its end: half of it would leave versions that nobody knows. */
  end(): void {
    this.#life.alive = false
    for (const node of this.#old) node.deploy(this.#next)
  }

  #rollOut(): void {
    const node = this.#old.shift()
    if (!node) return
    node.deploy(this.#next)
    const { world } = this.#on
    world.after(deployEachMs, this.#life, 'the next node is deployed', () => this.#rollOut())
  }

  #gust(): void {
    const { world, faults, nodes, network } = this.#on
    for (const node of nodes) {
      const { name, life, wall } = node
      if (!life.alive) continue
      if (faults.fires('partition', name)) {
        network.cut(name, '*')
        network.cut('*', name)
      }
      const other = nodes[this.#random.below(nodes.length)] as SimulatedNode
      if (other !== node && faults.fires('one-way-partition', `${name} to ${other.name}`))
        network.cut(name, other.name)
      if (faults.fires('pause', name)) node.pause(Math.min(pauseMaxMs, this.#random.around(pauseMs)))
      if (faults.fires('clock-jump', name))
        jump(wall, world.nowMs, this.#random.around(jumpMs) * (this.#random.chance(0.5) ? 1 : -1))
    }
    world.after(gustMs, this.#life, 'weather', () => this.#gust())
  }
}
