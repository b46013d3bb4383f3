// A bank as a process of its own: it waits for a line with its orders (and for more lines when it is up), works, and
// writes what it has acknowledged.
import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { gateway } from '../../src/gateway/index.ts'
import { Failure } from '../../src/index.ts'
import type { Store } from '../../src/ports/index.ts'
import type { RunningSystem, RuntimePorts } from '../../src/runtime/index.ts'
import { HistoryRecorder } from '../history/recorder.ts'
import type { BankOptions } from '../runtime/bank.ts'
import { flood, foldAll, load } from './bank-load.ts'
import type { Orders } from './bank-orders.ts'
import { type Illness, illness, scripts } from './bank-script.ts'
import { emptyLedger, takeDown } from './ledger.ts'
import { posting } from './posting.ts'
import { forgetSyncs } from './sloppy-sqlite.ts'
import { bankPorts, startBank } from './start-bank.ts'

/** Written before anything else happens, so that what was acknowledged is known outside when this process dies. */
const say = (line: string): void => {
  writeSync(1, `${line}\n`)
}

const sayingPost = (takenDown: (line: string) => void = () => undefined): ReturnType<typeof posting> =>
  posting((line) => {
    say(line)
    takenDown(line)
  })

function optionsOf({ shape = {} }: Orders, ill: Illness | undefined): BankOptions {
  const { stepMs, statementRevision } = shape
  return {
    ...(ill ? { faults: ill.faults } : {}),
    ...(stepMs === undefined ? {} : { stepMinutes: stepMs / 60_000 }),
    ...(statementRevision === undefined ? {} : { statementRevision })
  }
}

/** The ports of a bank whose commits are taken down where the orders say so. */
function portsOf({ directory, history = [] }: Orders): RuntimePorts {
  const file = history.at(-1)
  if (file === undefined) return bankPorts(directory)
  const recorder = new HistoryRecorder(file)
  return bankPorts(directory, (store) => recorder.wrap(store))
}

async function runLoad(bank: RunningSystem, { life, padding }: Orders): Promise<void> {
  const seen = new Set<string>()
  const refused = (code: string): void => {
    if (!seen.has(code)) say(`refused ${code}`)
    seen.add(code)
  }
  const running = load(bank, { say, refused }, life, padding)
  const told = new Promise((resolve) => process.once('SIGTERM', resolve))
  const stopped = told.then(async () => {
    say('stopping')
    running.stop()
    await bank.stop()
    say('stopped')
  })
  await Promise.all([running.ended, stopped])
}

/** Serves over HTTP until it is killed. */
async function serve(system: RunningSystem, { bus, clock, ids, log }: RuntimePorts): Promise<void> {
  const errors: typeof log = { ...log, error: (text) => say(`error ${text}`) }
  const { url } = await gateway({ system, bus, clock, ids, log: errors, port: 0 })
  say(`serves ${url}`)
  await new Promise(() => undefined)
}

/** Goes on with what a dead process has left, and proves it. */
async function prove(orders: Orders): Promise<void> {
  // The others need no tools of tests, and are ready sooner without them.
  const { proveBank } = await import('./recovery.ts')
  const { provenAgainstModel } = await import('../history/proven-store.ts')
  const { ledger = emptyLedger(), whole = true, history = [], directory, postsUnknown = false } = orders
  const file = history.at(-1)
  let besideMs = 0
  const wrap = async (store: Store): Promise<Store> => {
    if (file === undefined) return store
    const startedMs = performance.now()
    const checked = await provenAgainstModel(store, history)
    for (const problem of checked.problems) say(`differs ${problem}`)
    say(`replayed ${checked.commits}`)
    const recorder = new HistoryRecorder(file)
    if (checked.unsettled !== undefined) recorder.settle(store.service, checked.unsettled)
    besideMs += performance.now() - startedMs
    return recorder.wrap(store)
  }
  const startedMs = performance.now()
  const options = { ...optionsOf(orders, undefined), post: sayingPost((line) => takeDown(ledger, line)) }
  const bank = await startBank(directory, options, bankPorts(directory, wrap))
  say(`up ${(performance.now() - startedMs - besideMs).toFixed(1)}`)
  const proof = await proveBank(bank, { ledger, whole, effects: !postsUnknown })
  await bank.stop()
  say(`proven ${JSON.stringify(proof ?? {})}`)
}

async function work(orders: Orders, go: Promise<unknown>): Promise<void> {
  if (orders.sloppy) forgetSyncs()
  if (orders.work === 'prove') return prove(orders)
  const ill = orders.script === 'letters' ? illness() : undefined
  const ports = portsOf(orders)
  const bank = await startBank(orders.directory, { ...optionsOf(orders, ill), post: sayingPost() }, ports)
  say('up')
  if (orders.work === 'load') return runLoad(bank, orders)
  if (orders.work === 'serve') return serve(bank, ports)
  if (orders.work === 'fold') say(`folded ${await foldAll(bank)}`)
  else if (orders.work === 'flood') say(`refused ${await flood(bank, say, orders.life)}`)
  else {
    await go
    await scripts[orders.script ?? 'everything']({ bank, say, heal: () => ill?.heal() })
  }
  await bank.stop()
  say('end')
}

/** Stands still, as a process does that computes for too long. */
function stall(ms: number): void {
  const startedMs = performance.now()
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
  say(`stalled ${Math.round(performance.now() - startedMs)}`)
}

const input = createInterface({ input: process.stdin })
let go: () => void = () => undefined
const gone = new Promise<void>((resolve) => {
  go = resolve
})
input.once('line', (line) => {
  input.on('line', (word) => {
    if (word === 'go') go()
    if (word === 'clock') say(`clock ${Date.now()}`)
    if (word.startsWith('stall ')) stall(Number(word.slice('stall '.length)))
  })
  work(JSON.parse(line) as Orders, gone).then(
    () => process.exit(0),
    (thrown: unknown) => {
      const code = thrown instanceof Failure ? `${thrown.code} ` : ''
      const text = code + (thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown))
      // What a proof has found instead is cut short in its text.
      const found =
        thrown instanceof Error && 'actual' in thrown ? ` found ${JSON.stringify(thrown.actual)}` : ''
      say(`broken ${(text + found).replaceAll('\n', ' ')}`)
      process.exit(3)
    }
  )
})
say('ready')
