export { type FaultClass, type FaultRates, type FiredFault, faultClasses, swarmRates } from './faults.ts'
export type { Finding } from './finding.ts'
export { type Random, randomStream } from './random.ts'
export { type Shrunk, shrink } from './shrink.ts'
export { type CalmOptions, simulate, type WorldOptions, type WorldResult } from './simulate.ts'
export {
  defineSimulation,
  type Invariant,
  invariant,
  type Kept,
  type SimulatedCommand,
  type Simulation,
  type WorldView
} from './simulation.ts'
export { kindOf, runTrial, type Trial, type TrialKind, type TrialOptions } from './trial.ts'
