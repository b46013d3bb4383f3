/** An archiving that is killed before one of its calls. */
export interface KilledArchive {
  readonly port: number
  readonly schema: string
  readonly directory: string
  readonly killBefore: number
}
