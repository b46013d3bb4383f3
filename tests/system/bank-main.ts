// A bank as a process of its own: it waits for a line with its orders (a script for a second
// line too, when it is up), works, and writes what it has acknowledged.
import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { Failure } from '../../src/index.ts'
import type { RunningSystem } from '../../src/runtime/index.ts'
import { script } from './bank-script.ts'
import { startBank } from './start-bank.ts'

/** What a bank is told to do. */
interface Orders {
  readonly directory: string
  /** Names this life of the process. */
  readonly life: string
  readonly work: 'load' | 'script' | 'fold' | 'flood'
}

/** Written before anything else happens, so that what was acknowledged is known outside when this process dies. */
const say = (line: string): void => {
  writeSync(1, `${line}\n`)
}

const clients = 6
const accountsMax = 40
const transient = new Set(['STORE_FULL', 'STORE_UNAVAILABLE', 'VERSION_CONFLICT', 'OVERLOADED'])

async function client(
  bank: RunningSystem,
  life: string,
  number: number,
  stopped: () => boolean
): Promise<void> {
  for (let count = 0; !stopped(); count++) {
    const key = `${life}-${number}-${count}`
    const from = `a${(number * 7 + count) % accountsMax}`
    const to = `a${(number * 11 + 3 * count + 1) % accountsMax}`
    const deposit = count % 3 === 0
    const sent = deposit
      ? bank
          .service('bank')
          .send({ type: 'Deposit', key: from, data: { pence: 50, note: key }, idempotencyKey: key })
      : bank
          .service('transfers')
          .send({ type: 'RequestTransfer', key, data: { from, to, pence: 30 }, idempotencyKey: key })
    const answer = await sent.catch((thrown: unknown) => {
      if (thrown instanceof Failure && (transient.has(thrown.code) || thrown.code === 'STOPPING'))
        return undefined
      throw thrown
    })
    if (answer?.outcome === 'accepted') say(`acked ${answer.position} ${key}`)
  }
}

async function load(bank: RunningSystem, life: string): Promise<void> {
  let stopping = false
  const ended = Array.from({ length: clients }, (_, number) => client(bank, life, number, () => stopping))
  process.once('SIGTERM', () => {
    say('stopping')
    stopping = true
    void bank.stop().then(() => {
      say('stopped')
      process.exit(0)
    })
  })
  await Promise.all(ended)
}

const floods = 3
const floodSize = 30_000

/** Sends far more than a service can hold, again and again; gives how many commands it would not take. */
async function flood(bank: RunningSystem, life: string): Promise<number> {
  let refused = 0
  const send = async (name: string, account: number): Promise<void> => {
    const data = { pence: 1, note: name }
    try {
      const answer = await bank.service('bank').send({ type: 'Deposit', key: `a${account}`, data })
      if (answer.outcome === 'accepted') say(`acked ${answer.position} ${name}`)
    } catch (thrown) {
      if (!(thrown instanceof Failure) || thrown.code !== 'OVERLOADED') throw thrown
      refused += 1
    }
  }
  for (let wave = 0; wave < floods; wave++)
    await Promise.all(
      Array.from({ length: floodSize }, (_, index) => send(`${life}-${wave}-${index}`, index % 5_000))
    )
  return refused
}

/** Folds every projection and every state anew; gives what came out, in one text. */
async function foldAll(bank: RunningSystem): Promise<string> {
  const folded: unknown[] = []
  for (const [service, projection] of [
    ['bank', 'balances'],
    ['notices', 'statement']
  ] as const) {
    await bank.service(service).rebuild(projection)
    await bank.idle()
    folded.push(await bank.service(service).rowsHash(projection))
  }
  await bank.service('bank').rebuild('account')
  for (const { key, state } of await bank.service('bank').entities('account', '', 1_000))
    folded.push(key, state)
  return JSON.stringify(folded)
}

async function work({ directory, life, work: kind }: Orders, go: Promise<unknown>): Promise<void> {
  const bank = await startBank(directory)
  say('up')
  if (kind === 'load') return load(bank, life)
  if (kind === 'fold') say(`folded ${await foldAll(bank)}`)
  else if (kind === 'flood') say(`refused ${await flood(bank, life)}`)
  else {
    await go
    await script(bank, (line) => say(line))
  }
  await bank.stop()
  say('end')
  process.exit(0)
}

const input = createInterface({ input: process.stdin })
input.once('line', (line) => {
  const go = new Promise((resolve) => input.once('line', resolve))
  work(JSON.parse(line) as Orders, go).catch((thrown: unknown) => {
    say(`broken ${String(thrown)}`)
    process.exit(3)
  })
})
say('ready')
