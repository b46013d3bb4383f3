import type { Fault } from '../fault.ts'
import { crashPoints } from './crash-points.ts'
import { diskFull } from './disk-full.ts'
import { hostileBodies } from './hostile-bodies.ts'
import { failedSync, failedWrite, slowDisk } from './io-errors.ts'
import { outOfMemory, smallHeap } from './memory.ts'
import { powerCut, powerCutLying, powerCutNormal } from './power-cut.ts'
import { randomKill } from './random-kill.ts'
import { slowClients } from './slow-clients.ts'
import { clockJump, pausedProcess, stall } from './stopped-time.ts'

/** Every fault, in the order in which they are done. */
export const faults: readonly Fault[] = [
  randomKill,
  crashPoints,
  powerCut,
  powerCutNormal,
  powerCutLying,
  diskFull,
  failedSync,
  failedWrite,
  slowDisk,
  pausedProcess,
  stall,
  clockJump,
  smallHeap,
  outOfMemory,
  slowClients,
  hostileBodies
]
