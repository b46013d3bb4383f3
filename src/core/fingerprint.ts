import { canonicalJson } from './canonical.ts'

/** FNV-1a over UTF-16 units from a given start. */
function hash32(text: string, start: number): number {
  let hash = start
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return hash >>> 0
}

/** A short text that is the same for equal values and, for all practical purposes, differs for others. Not for secrets. */
export function fingerprintOf(value: unknown): string {
  const text = canonicalJson(value)
  const hashes = [0x811c9dc5, 0x2f0b4a27, 0x9e3779b9].map((start) => hash32(text, start).toString(36))
  return [text.length.toString(36), ...hashes].join('-')
}
