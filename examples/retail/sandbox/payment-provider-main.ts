import { parseArgs } from 'node:util'
import { startPaymentProvider } from './payment-provider.ts'

const usage = `Usage: node payment-provider-main.ts --data FILE [--port N] [--late-ms N] [--timeout-ms N]

Runs the sandbox payment provider on 127.0.0.1 until SIGTERM or SIGINT.

  --data FILE      where the ledger is kept (made when absent)
  --port N         port to listen on; 0, the default, takes a free one
  --late-ms N      how long the card that answers late takes (default 5000)
  --timeout-ms N   how long a request that is never answered is held (default 120000)
`

function wholeNumber(option: string, given: string): number {
  if (!/^[0-9]{1,9}$/.test(given)) throw new Error(`--${option} takes a whole number, not "${given}"`)
  return Number(given)
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      data: { type: 'string' },
      port: { type: 'string', default: '0' },
      'late-ms': { type: 'string', default: '5000' },
      'timeout-ms': { type: 'string', default: '120000' },
      help: { type: 'boolean', default: false }
    }
  })
  if (values.help) {
    process.stdout.write(usage)
    return
  }
  if (values.data === undefined) throw new Error('--data FILE is missing: say where the ledger is to be kept')
  const provider = await startPaymentProvider({
    dataFile: values.data,
    port: wholeNumber('port', values.port),
    lateMs: wholeNumber('late-ms', values['late-ms']),
    timeoutMs: wholeNumber('timeout-ms', values['timeout-ms'])
  })
  process.stdout.write(`payment provider listening on ${provider.url}\n`)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void provider.close())
}

try {
  await main()
} catch (error) {
  process.stderr.write(`payment provider: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
