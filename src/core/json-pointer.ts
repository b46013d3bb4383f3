type Part = PropertyKey | { readonly key: PropertyKey }

/** The JSON pointer (RFC 6901) of a path. */
export function pointerOf(path: readonly Part[]): string {
  // Libraries hand out paths of their own list classes, whose `map` makes another of that class.
  return Array.from(path, (part) => String(typeof part === 'object' ? part.key : part))
    .map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('')
}
