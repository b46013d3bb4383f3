import type { Random } from './random.ts'

/** Draws a text. */
type Draw = (random: Random) => string

const letters = 'abcdefghijklmnopqrstuvwxyz'
const digits = '0123456789'
const wordly = `${letters}${letters.toUpperCase()}${digits}_`
/** What a class that excludes something chooses from, and a dot. */
const printable = `${wordly} -.,:;/+*#@!?()[]{}"'`

const classes: Readonly<Record<string, string>> = {
  d: digits,
  w: wordly,
  s: ' ',
  D: letters,
  W: ' -.',
  S: wordly
}
const controls: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', f: '\f', v: '\v', 0: '\0' }

/** A pattern that is read from left to right. Throws at what it does not know. */
class Reader {
  readonly #source: string
  #at = 0

  constructor(source: string) {
    this.#source = source
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#source.length
  }

  /** Takes this text when it comes next. */
  takes(text: string): boolean {
    if (!this.#source.startsWith(text, this.#at)) return false
    this.#at += text.length
    return true
  }

  /** Takes what matches here. */
  match(pattern: RegExp): RegExpExecArray | undefined {
    const found = pattern.exec(this.#source.slice(this.#at))
    if (found?.index !== 0) return undefined
    this.#at += found[0].length
    return found
  }

  next(): string {
    const point = this.#source.codePointAt(this.#at)
    if (point === undefined) throw new SyntaxError('The pattern ends too early.')
    const text = String.fromCodePoint(point)
    this.#at += text.length
    return text
  }

  alternatives(): Draw {
    const options = [this.#sequence()]
    while (this.takes('|')) options.push(this.#sequence())
    return (random) => random.pick(options)(random)
  }

  #sequence(): Draw {
    const parts: Draw[] = []
    while (!this.isAtEnd && !this.match(/(?=[|)])/)) parts.push(this.#repeated(this.#atom()))
    return (random) => parts.map((draw) => draw(random)).join('')
  }

  #repeated(atom: Draw): Draw {
    const quantifier = this.match(/[*+?]|\{(\d+)(,(\d*))?\}/)
    if (!quantifier) return atom
    this.takes('?')
    const [sign, from, isRange, to] = quantifier
    const least = from === undefined ? (sign === '+' ? 1 : 0) : Number(from)
    const most = sign === '?' ? 1 : from !== undefined && !isRange ? least : to ? Number(to) : least + 5
    // Long repetitions are rarely what a rule depends on.
    const more = Math.min(most - least, 8)
    return (random) => {
      const count = least + random.below(more + 1)
      return Array.from({ length: count }, () => atom(random)).join('')
    }
  }

  #atom(): Draw {
    if (this.takes('(')) return this.#group()
    if (this.takes('[')) return this.#class()
    if (this.takes('.')) return (random) => random.pick([...wordly])
    if (this.takes('^') || this.takes('$')) return () => ''
    if (this.takes('\\')) return this.#escape()
    const text = this.next()
    return () => text
  }

  #group(): Draw {
    const looks = this.match(/\?<?[=!]/) !== undefined
    if (!looks) this.match(/\?:|\?<[A-Za-z_$][\w$]*>/)
    const inner = this.alternatives()
    if (!this.takes(')')) throw new SyntaxError('A group does not end.')
    // What a look around asks for, whoever draws has to check.
    return looks ? () => '' : inner
  }

  #escape(): Draw {
    if (this.match(/[bB]/)) return () => ''
    if (this.match(/[1-9]|k</)) throw new SyntaxError('References back are not drawn.')
    const chars = [...this.#escaped()]
    return (random) => random.pick(chars)
  }

  /** The characters that an escape stands for. */
  #escaped(): string {
    const point = this.match(/x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]+)\}/)
    if (point) return String.fromCodePoint(Number.parseInt(point[1] ?? point[2] ?? point[3] ?? '', 16))
    const property = this.match(/([pP])\{([^}]*)\}/)
    if (property) return this.#ofProperty(property[0])
    const text = this.next()
    return classes[text] ?? controls[text] ?? text
  }

  #ofProperty(property: string): string {
    const fits = new RegExp(`\\${property}`, 'u')
    const chars = [...printable, ...'äßéΩЖ中€'].filter((char) => fits.test(char))
    if (chars.length === 0) throw new SyntaxError(`No character is known for ${property}.`)
    return chars.join('')
  }

  #class(): Draw {
    const isExcluding = this.takes('^')
    const members: string[] = []
    while (!this.takes(']')) {
      const first = this.takes('\\') ? (this.match(/b/) ? '\b' : this.#escaped()) : this.next()
      const to = this.match(/-(?!\])/) && (this.takes('\\') ? this.#escaped() : this.next())
      if (to === undefined) members.push(...first)
      else members.push(...charsBetween(first, to))
    }
    const excluded = new Set(members)
    const chars = isExcluding ? [...printable].filter((char) => !excluded.has(char)) : members
    if (chars.length === 0) throw new SyntaxError('A class without members.')
    return (random) => random.pick(chars)
  }
}

/** At most a few hundred: of a range over all the letters of the world the first ones will do. */
function charsBetween(from: string, to: string): readonly string[] {
  const first = from.codePointAt(0) ?? 0
  const count = Math.min((to.codePointAt(0) ?? 0) - first + 1, 300)
  return Array.from({ length: Math.max(0, count) }, (_, index) => String.fromCodePoint(first + index))
}

const known = new Map<string, Draw | undefined>()

function drawOf(pattern: string): Draw | undefined {
  try {
    const reader = new Reader(pattern)
    const draw = reader.alternatives()
    return reader.isAtEnd ? draw : undefined
  } catch {
    return undefined
  }
}

/**
 * A text that most likely matches a regular expression, without what it looks around for; undefined when the expression
 * has something in it that is not known here.
 */
export function patternText(pattern: string, random: Random): string | undefined {
  if (!known.has(pattern)) known.set(pattern, drawOf(pattern))
  return known.get(pattern)?.(random)
}
