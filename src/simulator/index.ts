export { type FaultClass, faultClasses, type FaultRates, type FiredFault, swarmRates } from './faults.ts'
export type { Finding } from './finding.ts'
export { type Random, randomStream } from './random.ts'
export { simulate, type CalmOptions, type WorldOptions, type WorldResult } from './simulate.ts'
export { shrink, type Shrunk } from './shrink.ts'
export { kindOf, runTrial, type Trial, type TrialKind, type TrialOptions } from './trial.ts'
export {
  defineSimulation,
  type Invariant,
  invariant,
  type Kept,
  type SimulatedCommand,
  type Simulation,
  type WorldView
} from './simulation.ts'
