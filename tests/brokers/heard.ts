import type { LogRow } from '../../src/ports/index.ts'

/** What a listener has heard of each partition, in the order in which it came. */
export class Heard {
  readonly rows: LogRow[] = []

  /** Listens for it. */
  readonly listener = (rows: readonly LogRow[]): void => {
    this.rows.push(...rows)
  }

  positions(partition = 0): number[] {
    return this.rows.filter((row) => row.partition === partition).map(({ position }) => position)
  }

  /** The last position, 0 when there is none. */
  last(partition = 0): number {
    return this.positions(partition).at(-1) ?? 0
  }
}
