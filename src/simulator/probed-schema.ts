import type { Schema } from '../core/index.ts'
import { patternText } from './pattern-text.ts'
import { randomStream } from './random.ts'
import type { Description } from './schema-merging.ts'

/** A part of the value that a schema is asked about, with what can be tried there. */
interface Part {
  /** Tried one after the other, from the first. */
  readonly candidates: Candidate[]
  at: number
  /** Of an object, the fields that the schema asked for; of a list, its items. */
  readonly inner: Map<string, Part>
}

/** A value, or a shape whose parts are parts themselves. */
type Candidate =
  | { readonly shape: 'fields' }
  | { readonly shape: 'items' }
  | { readonly shape: 'value'; readonly value: unknown; readonly description: Description }

const of = (value: unknown, description: Description): Candidate => ({ shape: 'value', value, description })
const formatted = (format: string, value: string): Candidate => of(value, { type: 'string', format })
const just = (value: unknown): Candidate => of(value, { enum: [value] })

const anyTextValue = 'some words'
const anyText = of(anyTextValue, { type: 'string' })

/** What is tried before the schema has said anything: the plainest first. */
const simple: readonly Candidate[] = [
  { shape: 'fields' },
  anyText,
  just(1),
  just(true),
  just(false),
  { shape: 'items' },
  of([], { const: [] }),
  formatted('uuid', '0b5e7c1a-0f0e-4a53-8d6e-3f2a9c1b7d10'),
  formatted('email', 'amber@example.org'),
  formatted('uri', 'https://example.org/amber'),
  formatted('date-time', '2026-01-01T00:00:00Z'),
  formatted('date', '2026-01-01'),
  formatted('time', '12:00:00'),
  of('a', { type: 'string', maxLength: 1 }),
  of('AB', { type: 'string', pattern: '^[A-Z]{2}$' }),
  of('EUR', { type: 'string', pattern: '^[A-Z]{3}$' }),
  of('12345', { type: 'string', pattern: '^[0-9]{5}$' }),
  of('amber', { type: 'string', pattern: '^[a-z]{3,8}$' }),
  of('amber-1', { type: 'string', pattern: '^[a-z]{3,8}-[0-9]$' }),
  ...[0, 2, 3, 5, 10, 100, 1_000, 0.5, -1].map(just),
  just(null)
]

const part = (): Part => ({ candidates: [...simple], at: 0, inner: new Map() })

function made({ candidates, at, inner }: Part): unknown {
  const candidate = candidates[at]
  if (candidate?.shape === 'fields')
    return Object.fromEntries([...inner].map(([name, field]) => [name, made(field)]))
  if (candidate?.shape === 'items') return [...inner.values()].map(made)
  return candidate?.value
}

/** What a schema names in its complaint may be what it wants: texts in quotes, patterns, numbers, and texts that long. */
function namedIn(message: string): readonly Candidate[] {
  const pattern = /\/(.+)\//.exec(message)?.[1]
  const text = pattern === undefined ? undefined : patternText(pattern, randomStream(1, 'probe'))
  if (text !== undefined) return [of(text, { type: 'string', pattern })]
  const texts = [...message.matchAll(/"([^"]*)"|'([^']*)'/g)].map(([, one, other]) => one ?? other ?? '')
  const numbers = [...message.matchAll(/-?\d+(\.\d+)?/g)].map(([text]) => Number(text)).slice(0, 4)
  const lengths = numbers.filter((length) => Number.isInteger(length) && length > 0 && length <= 100)
  const long = (length: number): Candidate =>
    of('a'.repeat(length), { type: 'string', minLength: length, maxLength: length })
  return [...[...texts, ...numbers].map(just), ...lengths.map(long)]
}

/** A complaint of a schema: where, and in which words. */
interface Complaint {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

function complaintsOf(schema: Schema, value: unknown): readonly Complaint[] {
  const result = schema['~standard'].validate(value)
  if ('then' in result || !result.issues) return []
  return result.issues.map(({ message, path = [] }) => ({
    message,
    path: path.map((step) => (typeof step === 'object' ? step.key : step))
  }))
}

/** The part that a complaint is about, made if it is not there yet; undefined when there can be none. */
function partAt(
  root: Part,
  path: readonly PropertyKey[]
): { readonly part: Part; readonly isNew: boolean } | undefined {
  let at = root
  let isNew = false
  for (const step of path) {
    if (at.candidates[at.at]?.shape === 'value') return undefined
    const name = String(step)
    const child = at.inner.get(name) ?? part()
    isNew = !at.inner.has(name)
    at.inner.set(name, child)
    at = child
  }
  return { part: at, isNew }
}

/** Goes on to what can be tried next there. Gives false when nothing is left. */
function tryNext(asked: Part, message: string): boolean {
  const isTried = (candidate: Candidate): boolean =>
    candidate.shape === 'value' &&
    asked.candidates.some((known) => known.shape === 'value' && known.value === candidate.value)
  const fresh = namedIn(message).filter((candidate) => !isTried(candidate))
  asked.candidates.splice(asked.at + 1, 0, ...fresh)
  asked.at += 1
  asked.inner.clear()
  if (asked.candidates[asked.at]?.shape === 'items') asked.inner.set('0', part())
  return asked.at < asked.candidates.length
}

/** What else the schema takes in the place of a value that it takes. */
function describePart(asked: Part, takes: () => boolean): Description {
  const { candidates, at, inner } = asked
  const candidate = candidates[at]
  if (candidate?.shape !== 'value') {
    const described = [...inner].map(([name, one]) => [name, describePart(one, takes)] as const)
    if (candidate?.shape === 'fields')
      return { type: 'object', properties: Object.fromEntries(described), required: [...inner.keys()] }
    const [[, items] = []] = described
    return described.length === 1
      ? { type: 'array', minItems: 1, items }
      : { type: 'array', prefixItems: described.map(([, item]) => item), items: false }
  }
  if (candidate.description['enum'] === undefined) return candidate.description
  const taken: unknown[] = []
  for (const [index, other] of candidates.entries()) {
    if (other.shape !== 'value' || typeof other.value !== typeof candidate.value) continue
    asked.at = index
    if (takes()) taken.push(other.value)
  }
  asked.at = at
  return taken.includes(anyTextValue) ? { type: 'string' } : { enum: taken }
}

const stepsMax = 2_000

/**
 * Describes a schema that cannot describe itself, by asking it about values: what it complains of is tried otherwise.
 * Fields that may be left out it never asks for, so they are not found. Undefined when no value was found that it takes.
 */
export function probedDescription(schema: Schema): Description | undefined {
  const root = part()
  const complaints = (): readonly Complaint[] => complaintsOf(schema, made(root))
  for (let step = 0; step < stepsMax; step++) {
    const [first] = complaints()
    if (!first) return describePart(root, () => complaints().length === 0)
    let { path } = first
    let found = partAt(root, path)
    // What is wrong inside of a plain value is the value itself.
    while (!found && path.length > 0) {
      path = path.slice(0, -1)
      found = partAt(root, path)
    }
    if (!found) return undefined
    if (found.isNew) {
      // Many name the field that they miss.
      const isName = (one: Candidate): boolean => one.shape === 'value' && one.value === path.at(-1)
      found.part.candidates.splice(1, 0, ...namedIn(first.message).filter((one) => !isName(one)))
      continue
    }
    if (!tryNext(found.part, first.message)) return undefined
  }
  return undefined
}
