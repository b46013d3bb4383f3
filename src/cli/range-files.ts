import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, existsSync } from 'node:fs'
import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
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

/** The name of what is said of a range, beside its rows. */
export function manifestFile(service: string, span: Span): string {
  return `${baseName(service, span)}.json`
}

/** Gives a file that was written whole its name, also when the machine stops in the middle. */
async function named(directory: string, temporary: string, name: string): Promise<void> {
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

/** The lines of a text; what ends one is a line feed and nothing else, for the rest may be in a row. */
async function* linesOf(text: AsyncIterable<Buffer>): AsyncIterable<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let rest = ''
  for await (const part of text) {
    const lines = (rest + decoder.decode(part, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  rest += decoder.decode()
  if (rest !== '') yield rest
}

async function* rowsIn(file: string): AsyncIterable<LogRow> {
  const bytes = createReadStream(file)
  const text = bytes.pipe(createGunzip())
  // A pipe does not pass on what goes wrong.
  bytes.on('error', (error) => text.destroy(error))
  try {
    for await (const line of linesOf(text)) yield JSON.parse(line) as LogRow
  } catch (thrown) {
    const hint = `${file} cannot be read: ${(thrown as Error).message}. Nothing was changed.`
    throw new Failure('STORE_CORRUPT', { hint, file }, thrown)
  } finally {
    bytes.destroy()
  }
}

/** The rows of a range as they are in its file. Fails with `STORE_CORRUPT` when that cannot be read. */
export function readRows(directory: string, service: string, span: Span): AsyncIterable<LogRow> {
  return rowsIn(join(directory, rowsFile(service, span)))
}

async function* lines(rows: AsyncIterable<LogRow>): AsyncIterable<string> {
  for await (const row of rows) yield `${JSON.stringify(row)}\n`
}

async function tallyOf(file: string): Promise<RangeTally> {
  const tally = new RangeTally()
  for await (const _ of tally.of(rowsIn(file)));
  return tally
}

/**
 * Writes the rows of a range, and reads back what is on the disk. Fails with `STORE_CORRUPT` when that differs, and with
 * `LOG_KEPT` when a file of that name has other rows, such as those of the same service in another profile.
 */
export async function writeRows(
  directory: string,
  service: string,
  span: Span,
  rows: AsyncIterable<LogRow>
): Promise<RangeCopy> {
  await mkdir(directory, { recursive: true })
  const name = rowsFile(service, span)
  const file = join(directory, name)
  const temporary = `${file}.tmp`
  const written = new RangeTally()
  await pipeline(
    Readable.from(lines(written.of(rows))),
    createGzip(),
    createWriteStream(temporary, { flush: true })
  )
  const read = await tallyOf(temporary)
  if (read.rows !== written.rows || read.hash !== written.hash) {
    const hint = `${temporary} does not give back what was written to it. Nothing was dropped.`
    throw new Failure('STORE_CORRUPT', { hint })
  }
  if (existsSync(file) && (await tallyOf(file)).hash !== read.hash) {
    await rm(temporary)
    const hint = `${file} is there already, with other rows than the log of ${service} has: archive to another directory. Nothing was dropped.`
    throw new Failure('LOG_KEPT', { hint, reasons: [hint] })
  }
  await named(directory, temporary, name)
  return { ...span, rows: read.rows, hash: read.hash }
}

/** Writes what a range was, beside its rows, and reads it back. */
export async function writeManifest(directory: string, manifest: RangeManifest): Promise<void> {
  const name = manifestFile(manifest.service, manifest)
  const text = `${JSON.stringify(manifest, undefined, 2)}\n`
  const temporary = join(directory, `${name}.tmp`)
  await writeFile(temporary, text, { flush: true })
  await named(directory, temporary, name)
  if ((await readFile(join(directory, name), 'utf8')) === text) return
  const hint = `${join(directory, name)} does not give back what was written to it. Nothing was dropped.`
  throw new Failure('STORE_CORRUPT', { hint })
}
