import type { CommandTally } from './client.ts'
import type { Reached } from './coverage.ts'
import type { FaultRates, FiredFault } from './faults.ts'
import type { Finding } from './finding.ts'
import type { History } from './history.ts'
import type { SimulatedCommand } from './simulation.ts'

/** A command with its place in the workload, which it keeps when others are left out. */
export interface NumberedCommand {
  readonly index: number
  readonly command: SimulatedCommand
}

/** One world to run. */
export interface WorldOptions {
  readonly seed: number
  /** Default: those of the seed. */
  readonly rates?: FaultRates
  /** Only the faults with these ids happen. */
  readonly faults?: ReadonlySet<string> | undefined
  /** What the clients send instead of what the workload draws; the index of each is kept. */
  readonly commands?: readonly NumberedCommand[] | undefined
  /** Keeps what happened, to be told. */
  readonly history?: History | undefined
  /** Every service on a node of its own, or all of them on one; default: as the seed has it. */
  readonly nodes?: 'each' | 'one'
  /** So many nodes run each service, on one disk; default 1. */
  readonly instances?: number
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
  readonly commands: readonly NumberedCommand[]
  readonly tally: CommandTally
  /** Commands that machines decided, from clients and from services. */
  readonly decided: number
  readonly traceHash: string
  readonly reached: Reached
  readonly virtualMs: number
  readonly happened: number
  /** What is on the disks at the end, by service, unit and key; only of a calm world. */
  readonly ending: ReadonlyMap<string, string>
}
