import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { tradeFileLines } from './trade-generator.ts'

const usage = `Usage: node examples/retail/import/generate.ts [--lines N] [--seed S] > FILE

Writes a made-up trade file to standard output.
  --lines N   rows after the header, 15000 unless given
  --seed S    a whole number, 1 unless given; the same seed gives the same file
`

const blockLengthMin = 65_536

function wholeNumber(option: string, text: string): number {
  if (!/^\d{1,10}$/.test(text))
    throw new TypeError(`--${option} takes a whole number, not ${JSON.stringify(text)}.`)
  return Number(text)
}

async function print(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain')
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      lines: { type: 'string', default: '15000' },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', default: false }
    }
  })
  if (values.help) return print(usage)
  let block = ''
  const options = { lines: wholeNumber('lines', values.lines), seed: wholeNumber('seed', values.seed) }
  for (const line of tradeFileLines(options)) {
    block += line
    if (block.length < blockLengthMin) continue
    await print(block)
    block = ''
  }
  await print(block)
}

// A reader that has seen enough (`| head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`)
  process.exitCode = 2
})
