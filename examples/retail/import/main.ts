import { parseArgs } from 'node:util'
import { TradePlayer } from './play-trades.ts'
import { ProgressBar } from './progress-bar.ts'
import { ShopClient } from './shop-client.ts'
import { readTradeFile } from './trade-file.ts'
import { TradeFileError } from './trade-file-error.ts'
import { planTrades } from './trade-plan.ts'
import { type TradeReport, tradeReport } from './trade-report.ts'

const usage = `Usage: npm run retail:import -- FILE [--url URL] [--json]

Plays a trade file (the format of the "Online Retail" data set) through the HTTP
API of a running shop, and prints what the services say of it in the end. It may
be stopped at any moment and started again: nothing is done twice.
  --url URL  where the shop runs, http://127.0.0.1:4000 unless given
  --json     one line of JSON instead of a summary
`

/** What a person can mend: said in one line, without a trace. */
class UsageError extends Error {}

const pounds = (pence: number): string =>
  `${(pence / 100).toLocaleString('en-GB', { minimumFractionDigits: 2 })} GBP`

function summary({ orders, returns, pence, customers, units, rejected }: TradeReport): string {
  const rows = [
    ['orders', `${orders.accepted} accepted, ${orders.shipped} shipped, ${orders.cancelled} cancelled`],
    ['returns', String(returns)],
    ['charged', pounds(pence.charged)],
    ['refunded', pounds(pence.refunded)],
    ['net', pounds(pence.net)],
    ['customers', String(Object.keys(customers).length)],
    ['products', String(Object.keys(units).length)],
    ['rejected rows', String(rejected.length)]
  ]
  const reasons = new Map<string, number>()
  for (const { reason } of rejected) reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
  const why = [...reasons].map(([reason, count]) => `  ${String(count).padStart(6)}  ${reason}`)
  return [...rows.map(([name = '', value]) => `${name.padEnd(14)} ${value}`), ...why, ''].join('\n')
}

function options(): { file: string; url: string; json: boolean } | undefined {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        url: { type: 'string', default: 'http://127.0.0.1:4000' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false }
      }
    })
    if (values.help) return undefined
    const [file, ...rest] = positionals
    if (file === undefined || rest.length > 0) throw new UsageError('Name one file.')
    if (!URL.canParse(values.url) || new URL(values.url).protocol !== 'http:')
      throw new UsageError(
        `--url takes an address such as http://127.0.0.1:4000, not ${JSON.stringify(values.url)}.`
      )
    return { file, url: values.url, json: values.json }
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError((error as Error).message)
  }
}

async function importFile(file: string, url: string): Promise<TradeReport> {
  // The whole file is read before anything is sent: one of another shape changes nothing.
  const { rows, sha256 } = await readTradeFile(file)
  const plan = planTrades(rows)
  const bar = new ProgressBar(process.stderr)
  const shop = new ShopClient(url, (why) => bar.waiting(why))
  try {
    await shop.meet()
    const player = new TradePlayer(shop, plan, sha256, (progress) => bar.show(progress))
    await player.play()
    const { orders, returns } = await player.follow()
    return tradeReport(orders, returns, plan.rejected)
  } finally {
    bar.end()
    shop.close()
  }
}

async function main(): Promise<void> {
  const given = options()
  if (!given) {
    process.stdout.write(usage)
    return
  }
  const report = await importFile(given.file, given.url)
  process.stdout.write(given.json ? `${JSON.stringify(report)}\n` : summary(report))
}

function messageOf(error: unknown, file: string): string {
  if (error instanceof TradeFileError) return `${file}: ${error.message}`
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return `There is no file ${file}.`
  return error instanceof Error ? error.message : String(error)
}

main().catch((error: unknown) => {
  const file = process.argv.slice(2).find((argument) => !argument.startsWith('--')) ?? ''
  process.stderr.write(`${messageOf(error, file)}\n${error instanceof UsageError ? `\n${usage}` : ''}`)
  process.exitCode = error instanceof UsageError ? 2 : 1
})
