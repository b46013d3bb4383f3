export { Campaign, type CampaignFailure, summaryOf, type TrialSummary } from './campaign.ts'
export type { CommandTally } from './client.ts'
export { allFaults, type Reached, reachable } from './coverage.ts'
export { type FaultClass, type FaultRates, type FiredFault, faultClasses, swarmRates } from './faults.ts'
export type { Finding } from './finding.ts'
export { forbidGlobals } from './forbidden-globals.ts'
export { commandsLeftOut } from './generated-workload.ts'
export type { Episode, History } from './history.ts'
export { type Random, randomStream } from './random.ts'
export { sequenceDiagram } from './sequence-diagram.ts'
export { type Shrunk, shrink } from './shrink.ts'
export { simulate, systemOf } from './simulate.ts'
export {
  defineSimulation,
  type Invariant,
  invariant,
  type Kept,
  type SimulatedCommand,
  type Simulation,
  type WorldView
} from './simulation.ts'
export { testFile } from './test-file.ts'
export { kindOf, runTrial, type Trial, type TrialKind, type TrialOptions, trialKinds } from './trial.ts'
export type { CalmOptions, NumberedCommand, WorldOptions, WorldResult } from './world-options.ts'
