import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { Failure } from '../core/index.ts'
import { type LogRow, logLine, type RangeCopy } from '../ports/index.ts'

/** Positions are padded to so many digits, so that files stand in the order of their ranges. */
const digits = 12

/** What a manifest says of the rows beside it. */
export interface RangeManifest extends RangeCopy {
  readonly format: 1
  readonly service: string
  readonly partitions: number
  readonly file: string
}

type Span = Pick<RangeCopy, 'first' | 'last'>

function baseName(service: string, { first, last }: Span): string {
  return `${service}-${`${first}`.padStart(digits, '0')}-${`${last}`.padStart(digits, '0')}`
}

/** The name of the file with the rows of a range. */
export function rowsFile(service: string, span: Span): string {
  return `${baseName(service, span)}.jsonl.gz`
}

/** Writes a file whole or not at all, also when the machine stops in the middle. */
async function writeWhole(directory: string, name: string, content: AsyncIterable<Buffer>): Promise<void> {
  const temporary = join(directory, `${name}.tmp`)
  await pipeline(content, createWriteStream(temporary, { flush: true }))
  await rename(temporary, join(directory, name))
  const entries = await open(directory)
  await entries.sync().finally(() => entries.close())
}

/** Counts rows and hashes them as `Retention` does, while they go by. */
class RangeTally {
  readonly #hash = createHash('sha256')
  rows = 0

  async *of(rows: AsyncIterable<LogRow>): AsyncIterable<LogRow> {
    for await (const row of rows) {
      this.#hash.update(`${logLine(row)}\n`)
      this.rows += 1
      yield row
    }
  }

  get hash(): string {
    return this.#hash.copy().digest('hex')
  }
}

/** The rows of a range as they are in its file. Fails with `STORE_CORRUPT` when that cannot be read. */
export async function* readRows(directory: string, service: string, span: Span): AsyncIterable<LogRow> {
  const file = join(directory, rowsFile(service, span))
  const bytes = createReadStream(file)
  const text = bytes.pipe(createGunzip())
  // A pipe does not pass on what goes wrong.
  bytes.on('error', (error) => text.destroy(error))
  try {
    for await (const line of createInterface({ input: text, crlfDelay: Number.POSITIVE_INFINITY }))
      yield JSON.parse(line) as LogRow
  } catch (thrown) {
    const hint = `${file} cannot be read: ${(thrown as Error).message}. Nothing was changed.`
    throw new Failure('STORE_CORRUPT', { hint, file }, thrown)
  } finally {
    bytes.destroy()
  }
}

async function* lines(rows: AsyncIterable<LogRow>): AsyncIterable<string> {
  for await (const row of rows) yield `${JSON.stringify(row)}\n`
}

/** Writes the rows of a range, and reads back what is on the disk. Fails with `STORE_CORRUPT` when that differs. */
export async function writeRows(
  directory: string,
  service: string,
  span: Span,
  rows: AsyncIterable<LogRow>
): Promise<RangeCopy> {
  await mkdir(directory, { recursive: true })
  const written = new RangeTally()
  const packed = Readable.from(lines(written.of(rows))).pipe(createGzip())
  await writeWhole(directory, rowsFile(service, span), packed)
  const read = new RangeTally()
  for await (const _ of read.of(readRows(directory, service, span)));
  if (read.rows === written.rows && read.hash === written.hash)
    return { ...span, rows: read.rows, hash: read.hash }
  const hint = `${join(directory, rowsFile(service, span))} does not give back what was written to it. Nothing was dropped.`
  throw new Failure('STORE_CORRUPT', { hint })
}

/** Writes what a range was, beside its rows, and reads it back. */
export async function writeManifest(directory: string, manifest: RangeManifest): Promise<void> {
  const name = `${baseName(manifest.service, manifest)}.json`
  const text = `${JSON.stringify(manifest, undefined, 2)}\n`
  await writeWhole(directory, name, Readable.from([Buffer.from(text)]))
  if ((await readFile(join(directory, name), 'utf8')) === text) return
  const hint = `${join(directory, name)} does not give back what was written to it. Nothing was dropped.`
  throw new Failure('STORE_CORRUPT', { hint })
}
