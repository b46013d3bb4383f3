export { type FaultClass, faultClasses, type FaultRates, type FiredFault, swarmRates } from './faults.ts'
export type { Finding } from './finding.ts'
export { type Random, randomStream } from './random.ts'
export { simulate, type WorldOptions, type WorldResult } from './simulate.ts'
export {
  defineSimulation,
  type Invariant,
  invariant,
  type Kept,
  type SimulatedCommand,
  type Simulation,
  type WorldView
} from './simulation.ts'
