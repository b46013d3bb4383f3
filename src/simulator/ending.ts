import { canonicalJson } from '../core/index.ts'
import type { Disk } from './disk.ts'

function without(value: unknown, names: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((each) => without(each, names))
  if (typeof value !== 'object' || value === null) return value
  const fields = Object.entries(value).filter(([name]) => !names.has(name))
  return Object.fromEntries(fields.map(([name, field]) => [name, without(field, names)]))
}

/** A state or a row as text that another is compared with, without the fields that may differ. */
export function comparable(text: string, mayDiffer: ReadonlySet<string>): string {
  return canonicalJson(without(JSON.parse(text), mayDiffer))
}

/**
 * Every state and every row of a world, as text by where it is, but for the fields that may differ: what two worlds
 * are compared by.
 */
export function endingOf(
  disks: ReadonlyMap<string, Disk>,
  mayDiffer: ReadonlySet<string>
): ReadonlyMap<string, string> {
  const ending = new Map<string, string>()
  const keep = (where: string, text: string): void => {
    ending.set(where, comparable(text, mayDiffer))
  }
  for (const disk of disks.values()) {
    for (const [unit, states] of disk.states)
      for (const { key, text } of states.values()) keep(`${disk.service}/${unit} ${key}`, text)
    for (const { projection, status, rows } of disk.generations.values())
      if (status === 'live')
        for (const [key, text] of rows) keep(`${disk.service}/${projection} ${key}`, text)
  }
  return ending
}

/** What differs between two endings, as a sentence; undefined when nothing does. */
export function differenceOf(
  one: ReadonlyMap<string, string>,
  other: ReadonlyMap<string, string>
): string | undefined {
  for (const where of new Set([...one.keys(), ...other.keys()])) {
    const [left = 'nothing', right = 'nothing'] = [one.get(where), other.get(where)]
    if (left !== right) return `${where} is ${left} in one and ${right} in the other.`
  }
  return undefined
}
