/** Whether each of these writes is of another key, as nearly always: then none of them follows another of its kind. */
export function haveOneKeyEach(writes: readonly { readonly key: string }[]): boolean {
  return new Set(writes.map(({ key }) => key)).size === writes.length
}
