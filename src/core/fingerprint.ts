import { canonicalJson } from './canonical.ts'
import { fnv1a, fnv1aStart } from './fnv1a.ts'

/** A short text that is the same for equal values and, for all practical purposes, differs for others. Not for secrets. */
export function fingerprintOf(value: unknown): string {
  const text = canonicalJson(value)
  const hashes = [fnv1aStart, 0x2f0b4a27, 0x9e3779b9].map((start) => fnv1a(text, start).toString(36))
  return [text.length.toString(36), ...hashes].join('-')
}
