/** What can be wrong with a service, and what that means. */
export const bugKinds = {
  'no deduplication': 'an effect does not hand on its idempotency key',
  'new key on retry': 'every attempt of an effect has a key of its own',
  'one key for many': 'different requests of an effect have the same key',
  'missing compensation': 'what must be undone stays',
  'wrong compensation': 'what is undone is not what was done',
  'double compensation': 'it is undone twice',
  'acknowledged too early': 'something goes on before what it needs has happened',
  'swallowed failure': 'an effect that failed is recorded as done',
  'no answer taken for no': 'what nobody knows is recorded as refused',
  'dual write': 'two writes outside, of which one may happen without the other, or twice',
  'order dependence': 'the result depends on the order of events that have none',
  'endless retry': 'something is tried again for ever',
  'endless process': 'a process waits for something that may never come',
  'stale read': 'a decision relies on rows that lag behind',
  clock: 'the time is taken from the machine',
  chance: 'the result is drawn',
  memory: 'something is kept between calls, outside of any state',
  'mutation in place': 'a function changes what it was given',
  'hidden call': 'a service asks another one, and waits for it',
  'effect in a pure function': 'the world outside is changed where things may be run again',
  'wrong upcast': 'old events do not become what they mean',
  'forgotten revision': 'a fold changes its meaning, and its old rows stay',
  overwriting: 'a value is replaced where it should be added to',
  'forgotten event': 'an event that matters changes nothing',
  'wrong key': 'a message goes to the wrong row, entity or process',
  'ignored refusal': 'a command is refused, and nobody does anything about it',
  race: 'two ends of one thing are both accepted'
} as const

/** The name of a kind of bug. */
export type BugKind = keyof typeof bugKinds

/** A correct sample made wrong by small changes of its text. */
export interface Mutant {
  /** The file of the sample, without its ending. */
  readonly sample: string
  /** Unique among all mutants. */
  readonly name: string
  readonly kind: BugKind
  /** What is wrong, in a sentence. */
  readonly wrong: string
  /** Texts of the sample, each of which stands there once, and what stands there in its place. */
  readonly edits: readonly (readonly [text: string, instead: string])[]
}

/** The text of a sample with the changes of a mutant. Throws when a text does not stand there exactly once. */
export function mutated(source: string, { sample, name, edits }: Mutant): string {
  return edits.reduce((text, [before, after]) => {
    const parts = text.split(before)
    if (parts.length !== 2)
      throw new Error(`${name}: '${before}' stands ${parts.length - 1} times in ${sample}, not once.`)
    return parts.join(after)
  }, source)
}
