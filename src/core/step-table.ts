import type { ProcessManagerDefinition } from './process-definition.ts'
import { isEarly, type StepStatus, type StoredProcess } from './process-state.ts'

/** One step of a process manager: what it waits for, by what it is answered, and where it stands. */
export interface StepRow {
  readonly step: string
  readonly after: readonly string[]
  /** It sends a command; otherwise it only waits. */
  readonly sends: boolean
  /** Events, as `service/Type`. */
  readonly doneBy: readonly string[]
  readonly failedBy: readonly string[]
  readonly undoneBy: readonly string[]
  /** It is undone when the process fails. */
  readonly undoes: boolean
  readonly timeoutMs: number | undefined
  /** Undefined without a process, or before its start. */
  readonly status: StepStatus | undefined
}

/** The steps of a process manager in the order of their declaration; with a process, where each of them stands. */
export function stepTable(manager: ProcessManagerDefinition, process?: StoredProcess): readonly StepRow[] {
  const statuses = process === undefined || isEarly(process) ? {} : process.steps
  const answers = (step: string, means: string): readonly string[] =>
    [...manager.routes]
      .filter(([, routes]) => routes.some((route) => route.step === step && route.means === means))
      .map(([source]) => source)
  return manager.steps.map(({ name, after, send, undo, timeoutMs }) => ({
    step: name,
    after,
    sends: send !== undefined,
    doneBy: answers(name, 'done'),
    failedBy: answers(name, 'failed'),
    undoneBy: answers(name, 'undone'),
    undoes: undo !== undefined,
    timeoutMs,
    status: statuses[name]
  }))
}

const open: readonly (StepStatus | undefined)[] = [undefined, 'waiting', 'begun']

/**
 * The steps that a process still has before it: while it runs, those not done yet, in the order of their declaration;
 * once it fails, those still to be undone, in the order of undoing. None when it has ended; a failed process has some again
 * when the answer to a step comes late.
 */
export function remainingSteps(
  manager: ProcessManagerDefinition,
  process?: StoredProcess
): readonly string[] {
  if (process?.status === 'completed') return []
  if (process?.status === 'compensating' || process?.status === 'failed') return process.done.toReversed()
  return stepTable(manager, process)
    .filter(({ status }) => open.includes(status))
    .map(({ step }) => step)
}
