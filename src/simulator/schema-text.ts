import { patternText } from './pattern-text.ts'
import type { Random } from './random.ts'

/** What a JSON Schema asks of a text. */
export interface TextRules {
  readonly format?: string | undefined
  readonly patterns: readonly string[]
  readonly lengthMin: number
  readonly lengthMax: number
}

const words = ['amber', 'birch', 'cedar', 'delta', 'ember', 'fjord', 'grove', 'heath', 'islet', 'jetty']

const two = (value: number): string => String(value).padStart(2, '0')
const dateOf = (random: Random): string =>
  `20${two(20 + random.below(10))}-${two(1 + random.below(12))}-${two(1 + random.below(28))}`
const timeOf = (random: Random): string =>
  `${two(random.below(24))}:${two(random.below(60))}:${two(random.below(60))}`
const hexOf = (random: Random, digits: number): string =>
  Array.from({ length: digits }, () => random.below(16).toString(16)).join('')
const uuidOf = (random: Random): string =>
  [
    hexOf(random, 8),
    hexOf(random, 4),
    `4${hexOf(random, 3)}`,
    `8${hexOf(random, 3)}`,
    hexOf(random, 12)
  ].join('-')

/** Texts of the formats that JSON Schema names. */
const formats: Readonly<Record<string, (random: Random) => string>> = {
  email: (random) => `${random.pick(words)}@example.org`,
  'idn-email': (random) => `${random.pick(words)}@example.org`,
  uuid: uuidOf,
  guid: uuidOf,
  uri: (random) => `https://example.org/${random.pick(words)}`,
  url: (random) => `https://example.org/${random.pick(words)}`,
  'uri-reference': (random) => `/${random.pick(words)}`,
  hostname: (random) => `${random.pick(words)}.example.org`,
  'date-time': (random) => `${dateOf(random)}T${timeOf(random)}Z`,
  date: dateOf,
  time: (random) => `${timeOf(random)}Z`,
  duration: (random) => `PT${1 + random.below(59)}M`,
  ipv4: (random) => `192.0.2.${1 + random.below(254)}`,
  ipv6: (random) => `2001:db8::${1 + random.below(9)}`,
  cidrv4: (random) => `192.0.2.0/${24 + random.below(9)}`,
  cidrv6: (random) => `2001:db8::/${32 + random.below(32)}`,
  base64: (random) => btoa(random.pick(words)),
  base64url: (random) => btoa(random.pick(words)).replaceAll('=', ''),
  'json-string': (random) => JSON.stringify(random.pick(words))
}

function matches(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern, 'u').test(text)
  } catch {
    return new RegExp(pattern).test(text)
  }
}

/** Whether a text is as these rules want it; of the format nothing is known here. */
export function fitsText({ patterns, lengthMin, lengthMax }: TextRules, text: string): boolean {
  if (text.length < lengthMin || text.length > lengthMax) return false
  return patterns.every((pattern) => matches(pattern, text))
}

/** A plain word, longer or shorter as the rules want it. */
function plainText({ lengthMin, lengthMax }: TextRules, random: Random): string {
  if (lengthMin === 0 && random.chance(0.03)) return ''
  let text = random.pick(words)
  while (text.length < lengthMin) text += ` ${random.pick(words)}`
  return text.slice(0, lengthMax)
}

function ofPatterns(patterns: readonly string[], random: Random): readonly string[] {
  const texts = patterns.map((pattern) => patternText(pattern, random) ?? '')
  // One pattern for the beginning and one for the end, say.
  return patterns.length > 1 ? [...texts, texts.join('')] : texts
}

/** Draws a text as the rules want it; when none was found, one that the schema itself will refuse. */
export function schemaText(rules: TextRules, random: Random): string {
  const { format = '', patterns } = rules
  for (let attempt = 0; attempt < 8; attempt++) {
    const candidates = [
      ...(formats[format] ? [formats[format](random)] : []),
      ...(patterns.length > 0 ? ofPatterns(patterns, random) : []),
      plainText(rules, random)
    ]
    const fitting = candidates.find((text) => fitsText(rules, text))
    if (fitting !== undefined) return fitting
  }
  return plainText(rules, random)
}
