import { pointerOf } from './json-pointer.ts'
import type { FieldProblem, Schema } from './schema.ts'

type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const own = (fields: unknown, name: string): unknown =>
  isFields(fields) && Object.hasOwn(fields, name) ? fields[name] : undefined

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** A description that says nothing: whatever stands there is known. */
const anything: Fields = {}

const descriptions = new WeakMap<Schema, Fields>()

/** The JSON Schema of what a schema takes; one that says nothing when the schema cannot describe itself. */
function descriptionOf(schema: Schema): Fields {
  const known = descriptions.get(schema)
  if (known) return known
  let described = anything
  try {
    described = schema['~standard'].jsonSchema?.input({ target: 'draft-2020-12' }) ?? anything
  } catch {
    // A schema with a part that JSON Schema cannot express describes itself not at all.
  }
  descriptions.set(schema, described)
  return described
}

function followed(described: unknown, root: Fields): Fields {
  let current = described
  for (let hops = 0; hops < 32; hops++) {
    const reference = own(current, '$ref')
    if (typeof reference !== 'string' || !reference.startsWith('#')) break
    const path = reference.split('/').slice(1)
    current = path.reduce<unknown>(
      (at, part) => own(at, part.replaceAll('~1', '/').replaceAll('~0', '~')),
      root
    )
  }
  return isFields(current) ? current : anything
}

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

/** False when a branch of a union is plainly not the one that this value took. */
function mayBe(branch: Fields, value: unknown): boolean {
  const { type, required, properties } = branch
  if (
    typeof type === 'string' &&
    type !== typeOf(value) &&
    !(type === 'integer' && typeof value === 'number')
  )
    return false
  if (!isFields(value)) return true
  if (listOf(required).some((name) => !Object.hasOwn(value, String(name)))) return false
  return Object.entries(isFields(properties) ? properties : {}).every(([name, field]) => {
    const expected = own(field, 'const') ?? own(field, 'enum')
    if (expected === undefined || !Object.hasOwn(value, name)) return true
    return Array.isArray(expected) ? expected.includes(value[name]) : expected === value[name]
  })
}

/** What one description says of a part of a value: its own descriptions, any of which may hold; undefined: not known. */
type Says = (described: Fields) => readonly unknown[] | undefined

/** What a description with all its references, unions and intersections says of a part of this value. */
function ask(described: unknown, root: Fields, value: unknown, says: Says): readonly unknown[] | undefined {
  const here = followed(described, root)
  const union = [...listOf(here['anyOf']), ...listOf(here['oneOf'])].map((branch) => followed(branch, root))
  const taken = union.filter((branch) => mayBe(branch, value))
  const parts = [...(taken.length > 0 ? taken : union), ...listOf(here['allOf'])]
  if (parts.length === 0) return says(here)
  const answers = parts.map((part) => ask(part, root, value, says))
  if (here['properties'] !== undefined) answers.push(says(here))
  const known = answers.filter((answer) => answer !== undefined)
  return known.length === 0 ? undefined : known.flat()
}

/** What a description says of a field. One that declares properties and nothing else knows only those. */
const aboutField =
  (name: string): Says =>
  (described) => {
    const { properties, patternProperties, additionalProperties } = described
    if (isFields(properties) && Object.hasOwn(properties, name)) return [properties[name]]
    const patterns = Object.entries(isFields(patternProperties) ? patternProperties : {})
    const matching = patterns.filter(([pattern]) => new RegExp(pattern, 'u').test(name))
    if (matching.length > 0) return matching.map(([, field]) => field)
    if (isFields(additionalProperties)) return [additionalProperties]
    // What is forbidden outright, the schema itself complains of.
    if (additionalProperties !== undefined || !isFields(properties)) return [anything]
    return undefined
  }

/** For a description that says nothing of a field that the schema has left out. */
const unheardOf: Says = () => undefined

const aboutItem =
  (index: number): Says =>
  (described) => [listOf(described['prefixItems'])[index] ?? described['items'] ?? anything]

/** The way to a place, as a chain: most places are never reported. */
interface Place {
  readonly above: Place | undefined
  readonly name: PropertyKey
}

function pointerTo(place: Place | undefined): string {
  const path: PropertyKey[] = []
  for (let at = place; at; at = at.above) path.unshift(at.name)
  return pointerOf(path)
}

interface Search {
  readonly root: Fields
  readonly found: FieldProblem[]
}

const combining = ['$ref', 'anyOf', 'oneOf', 'allOf'] as const

/** What a description declares, when it is a plain list of properties: nearly all are, and this runs for each message. */
function plainProperties(described: Fields): Fields | undefined {
  if (combining.some((word) => described[word] !== undefined)) return undefined
  return isFields(described['properties']) ? described['properties'] : undefined
}

const isSilent = (described: Fields): boolean => Object.keys(described).length === 0

/** Looks at one part of a value. `output` is what the schema made of it; undefined when it refused. */
function searchPart(
  looking: Search,
  described: Fields,
  says: Says,
  whole: unknown,
  part: unknown,
  output: unknown,
  place: Place
): void {
  const answers = ask(described, looking.root, whole, says)
  if (!answers) {
    looking.found.push({ pointer: pointerTo(place), problem: 'This field is not known here.' })
    return
  }
  const next = answers.length === 1 ? answers[0] : { anyOf: answers }
  search(looking, isFields(next) ? next : anything, part, output, place)
}

function search(
  looking: Search,
  described: Fields,
  input: unknown,
  output: unknown,
  above: Place | undefined
): void {
  if (typeof input !== 'object' || input === null) return
  if (Array.isArray(input)) {
    const kept = listOf(output)
    for (const [index, item] of input.entries())
      searchPart(looking, described, aboutItem(index), input, item, kept[index], { above, name: index })
    return
  }
  const fields = input as Fields
  const plain = plainProperties(described)
  const silent = isSilent(described) && isFields(output)
  for (const name of Object.keys(fields)) {
    const field = fields[name]
    const declared = plain && Object.hasOwn(plain, name)
    if (field === undefined || (declared && typeof field !== 'object')) continue
    const says = silent && !Object.hasOwn(output, name) ? unheardOf : aboutField(name)
    searchPart(looking, described, says, fields, field, own(output, name), { above, name })
  }
}

/**
 * Every field of a value that its schema does not know, as the schema describes itself in JSON Schema: a field that is
 * not declared is not known, unless the schema says which additional ones it takes. A schema that does not describe
 * itself shows what it does not know by leaving it out of its output.
 */
export function unknownFields(schema: Schema, input: unknown, output: unknown): readonly FieldProblem[] {
  const root = descriptionOf(schema)
  const looking: Search = { root, found: [] }
  search(looking, root, input, output, undefined)
  return looking.found
}
