import type { StateMachineDefinition } from '../core/index.ts'
import { type Random, randomStream } from './random.ts'
import { fitsText, schemaText, type TextRules } from './schema-text.ts'

/** Fields that hold a key say so: `orderId`, `stock_code`, `invoiceNumber`. */
const keyed = /^(.+?)_?(ids?|keys?|codes?|numbers?|no|ref|refs)$/i

const plain = (name: string): string => name.replaceAll(/[-_\s]/g, '').toLowerCase()

/** What a field is called after, when its name says that it holds a key. */
function stemOf(field: string): string | undefined {
  const [, stem, ending = ''] = keyed.exec(field) ?? []
  if (stem === undefined) return undefined
  // `paid` ends in id, but does not speak of a key.
  const isApart = /^[A-Z]/.test(ending) || field.at(stem.length) === '_'
  return isApart ? plain(stem) : undefined
}

/** Everything that is keyed alike: machines, and the fields that hold their keys. */
interface Family {
  readonly name: string
  readonly isNumber: boolean
  /** What the fields that hold a key of it ask for. */
  readonly rules: readonly TextRules[]
}

/**
 * Which keys mean the same thing all over a system: `orderId` of any message and the keys of a machine named order, and
 * whatever parts of the system were seen to send a key as. So commands that are made up meet the same entities.
 */
export class KeyFamilies {
  readonly #above = new Map<string, string>()
  readonly #machines = new Set<string>()
  readonly #machineNames = new Set<string>()
  readonly #rules = new Map<string, TextRules[]>()
  readonly #numbers = new Set<string>()
  readonly #families = new Map<string, Family>()
  readonly #keys = new Map<string, string>()

  /** The name of a machine among the names of keys. */
  machine(service: string, { name }: StateMachineDefinition): string {
    const node = `${service}/${name}`
    if (!this.#machines.has(node)) {
      this.#machines.add(node)
      this.#machineNames.add(plain(name))
      this.unite(node, plain(name))
    }
    return node
  }

  /** The name of a field among the names of keys: of its own service only, unless it says what it is a key of. */
  field(service: string, name: string): string {
    return stemOf(name) ?? (this.#machineNames.has(plain(name)) ? plain(name) : `${service}.${name}`)
  }

  /** From now on both mean the same thing. */
  unite(one: string, other: string): void {
    const [top, below] = [this.#topOf(one), this.#topOf(other)]
    if (top !== below) this.#above.set(below, top)
  }

  /** A field that holds keys asks this of them. */
  ask(node: string, rules: TextRules): void {
    const top = this.#topOf(node)
    const known = this.#rules.get(top)
    if (known) known.push(rules)
    else this.#rules.set(top, [rules])
  }

  /** A field that holds keys holds them as numbers. */
  count(node: string): void {
    this.#numbers.add(this.#topOf(node))
  }

  /** The family of a machine or field; undefined when it is a field that holds no keys. Call it when all is united. */
  familyOf(service: string, field: string): string | undefined {
    const node = this.field(service, field)
    const top = this.#topOf(node)
    const isKey = stemOf(field) !== undefined || [...this.#machines].some((one) => this.#topOf(one) === top)
    return isKey ? top : undefined
  }

  /** The family of a machine. */
  familyOfMachine(node: string): string {
    return this.#topOf(node)
  }

  /** The key of that number, from 1, in a family: the same in every world. */
  key(family: string, number: number): string {
    const known = this.#keys.get(`${family} ${number}`)
    if (known !== undefined) return known
    const { name, isNumber, rules } = this.#familyAt(family)
    const made = isNumber ? String(number) : `${name}-${number}`
    // What asks most comes first: a key that suits it may suit the others.
    const [most] = rules.toSorted((left, right) => weight(right) - weight(left))
    const fits =
      most === undefined || (most.format === undefined && rules.every((each) => fitsText(each, made)))
    const key = fits || most === undefined ? made : schemaText(most, randomStream(number, `key of ${name}`))
    this.#keys.set(`${family} ${number}`, key)
    return key
  }

  #familyAt(family: string): Family {
    const known = this.#families.get(family)
    if (known) return known
    const members = [...this.#above.keys(), family].filter((node) => this.#topOf(node) === family)
    const isStem = (node: string): boolean => !/[/.]/.test(node)
    const stems = members.filter(isStem)
    const name =
      stems.find((stem) => this.#machineNames.has(stem)) ?? stems[0] ?? members[0]?.split(/[/.]/)[1]
    const nodes = new Set(members)
    const made: Family = {
      name: name ?? family,
      isNumber: [...this.#numbers].some((node) => nodes.has(node)),
      rules: [...this.#rules].flatMap(([node, rules]) => (this.#topOf(node) === family ? rules : []))
    }
    this.#families.set(family, made)
    return made
  }

  #topOf(node: string): string {
    let top = node
    for (let above = this.#above.get(top); above !== undefined; above = this.#above.get(top)) top = above
    return top
  }
}

const weight = ({ format, patterns, lengthMin }: TextRules): number =>
  (format === undefined ? 0 : 4) + patterns.length * 2 + (lengthMin > 1 ? 1 : 0)

/** Keys of a world: few of each family, so that commands meet. */
export class KeyPool {
  readonly #families: KeyFamilies
  readonly #random: Random
  readonly #used = new Map<string, number>()

  constructor(families: KeyFamilies, random: Random) {
    this.#families = families
    this.#random = random
  }

  /** The key of that number, which is from now on one that fields may hold. */
  take(family: string, number: number): string {
    this.#used.set(family, Math.max(number, this.#used.get(family) ?? 0))
    return this.#families.key(family, number)
  }

  /** The number of a key that some command uses already, or will soon: most likely one of the latest. */
  some(family: string): number {
    const used = Math.max(2, this.#used.get(family) ?? 0)
    return this.#random.chance(0.7)
      ? used - this.#random.below(Math.min(used, 3))
      : 1 + this.#random.below(used)
  }
}
