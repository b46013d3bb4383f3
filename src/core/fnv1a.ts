/** The start of FNV-1a in 32 bits. */
export const fnv1aStart = 0x811c9dc5

/** FNV-1a over UTF-16 units from a given start, as a whole number of 32 bits. */
export function fnv1a(text: string, start: number): number {
  let hash = start
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return hash >>> 0
}
