import { machine, version } from './machine.ts'

/** What a figure should be: at least or at most so much. */
export type Goal = { readonly min: number } | { readonly max: number }

/** One line of a benchmark: figures by their names, in the order in which they are printed. */
export interface Outcome {
  readonly benchmark: string
  /** Which of its cases. */
  readonly case: string
  readonly figures: Readonly<Record<string, number | boolean | string>>
  readonly goals?: Readonly<Record<string, Goal>>
}

function isMet(value: number, goal: Goal): boolean {
  return 'min' in goal ? value >= goal.min : value <= goal.max
}

function falls(value: number | boolean | string | undefined, goal: Goal): string {
  const wanted = 'min' in goal ? `goal >= ${goal.min}` : `goal <= ${goal.max}`
  if (typeof value !== 'number') return wanted
  if (isMet(value, goal)) return `${wanted}: met`
  const [limit, by] = 'min' in goal ? [goal.min, goal.min - value] : [goal.max, value - goal.max]
  return limit === 0
    ? `${wanted}: missed by ${by}`
    : `${wanted}: missed by ${((100 * by) / limit).toFixed(0)} %`
}

/** The goals that an outcome misses, by name. */
function missed({ figures, goals = {} }: Outcome): readonly string[] {
  return Object.entries(goals).flatMap(([name, goal]) => {
    return isMet(Number(figures[name]), goal) ? [] : [name]
  })
}

/** Whether everything that was to come out came out; a goal that is missed is no error. */
export function isCorrect({ figures }: Outcome): boolean {
  return figures['correct'] !== false
}

/** Prints an outcome: one line of JSON, or a small table for people. */
export function print(outcome: Outcome, json: boolean): void {
  const { benchmark, case: name, figures, goals = {} } = outcome
  if (json) {
    const line = { benchmark, case: name, version, ...figures, missed: missed(outcome), machine: machine() }
    console.log(JSON.stringify(line))
    return
  }
  console.log(`\n${benchmark}: ${name}  (skerry ${version}; ${machine()})`)
  const width = Math.max(...Object.keys(figures).map((figure) => figure.length))
  for (const [figure, value] of Object.entries(figures)) {
    const goal = goals[figure]
    const text = typeof value === 'number' ? value.toLocaleString('en') : String(value)
    console.log(`  ${figure.padEnd(width)}  ${text.padStart(10)}${goal ? `   ${falls(value, goal)}` : ''}`)
  }
}
