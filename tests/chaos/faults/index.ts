import type { Fault } from '../fault.ts'
import { crashPoints } from './crash-points.ts'
import { powerCut, powerCutLying, powerCutNormal } from './power-cut.ts'
import { randomKill } from './random-kill.ts'

/** Every fault, in the order in which they are done. */
export const faults: readonly Fault[] = [randomKill, crashPoints, powerCut, powerCutNormal, powerCutLying]
