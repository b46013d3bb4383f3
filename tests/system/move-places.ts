/** A file, or a schema of the server at a port. */
export interface MovePlace {
  readonly file?: string
  readonly schema?: string
  readonly port?: number
}

/** A move that is killed before one of its calls. */
export interface KilledMove {
  readonly source: MovePlace
  readonly target: MovePlace
  readonly killBefore: number
}
