import type { Ids } from '../ports/index.ts'

/** How the values of a column are shown. */
export type ColumnForm = 'text' | 'number' | 'pence' | 'time' | 'status'

/** A column: a field of the row, or `key`. */
export interface Column {
  readonly field: string
  readonly label: string
  /** `text` when left out; `pence` are pounds with two digits, `time` is milliseconds since 1970 or ISO 8601. */
  readonly as?: ColumnForm
  /** Left out on a narrow screen. */
  readonly wideOnly?: boolean
}

/** Rows of a projection that show at a glance what the system does. */
export interface LatestRows {
  /** Such as 'Latest orders'. */
  readonly title: string
  readonly service: string
  readonly projection: string
  /** `field` or `-field`, as a query takes it; `-key` when left out. */
  readonly order?: string
  /** 10 when left out. */
  readonly limit?: number
  readonly columns: readonly Column[]
}

/** A command that shows how the system is used; `{id}` in the key and in texts of the data becomes a new id. */
export interface SampleCommand {
  /** What it does and what then happens, in a sentence or two. */
  readonly text: string
  /** Such as 'Place a sample order'. */
  readonly button: string
  readonly service: string
  readonly machine: string
  readonly key: string
  readonly command: string
  readonly data: unknown
}

/** The sample command ready to be sent. */
export interface ReadySample {
  readonly text: string
  readonly button: string
  readonly path: string
  readonly body: string
  /** A line for a POSIX shell. */
  readonly curl: string
}

const quotedForShell = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/** Fills the sample with an id that nobody used before. */
export function samplesOf(sample: SampleCommand, origin: string, ids: Ids): ReadySample {
  const id = ids.traceId().slice(0, 8)
  const filled = (text: string): string => text.replaceAll('{id}', id)
  const key = encodeURIComponent(filled(sample.key))
  const path = `/${sample.service}/${sample.machine}/${key}/${sample.command}`
  const body = filled(JSON.stringify(sample.data))
  const curl = [
    `curl ${quotedForShell(origin + path)}`,
    `  -H 'content-type: application/json'`,
    `  -d ${quotedForShell(body)}`
  ].join(' \\\n')
  return { text: sample.text, button: sample.button, path, body, curl }
}
