import type { Mutant } from './mutant.ts'
import { effectMutants } from './mutants/effects.ts'
import { foldMutants } from './mutants/folds.ts'
import { processMutants } from './mutants/processes.ts'

/** Every mutant. */
export const mutants: readonly Mutant[] = [...effectMutants, ...processMutants, ...foldMutants]
