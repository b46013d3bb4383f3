import type { Faults } from './faults.ts'
import type { Random } from './random.ts'
import type { Life, World } from './world.ts'

/** The node that something runs on, as its ports see it. */
export interface Host {
  readonly name: string
  readonly world: World
  readonly life: Life
  readonly faults: Faults
  /** Of latencies, so that faults which are left out do not change them. */
  readonly random: Random
  /** Ends the node here and now. What is awaited never comes. */
  crash(): Promise<never>
}
