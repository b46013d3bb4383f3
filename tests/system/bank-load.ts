import { Failure } from '../../src/index.ts'
import type { RunningSystem } from '../../src/runtime/index.ts'

const clients = 6
const accountsMax = 40
const transient = new Set(['STORE_FULL', 'STORE_UNAVAILABLE', 'VERSION_CONFLICT', 'OVERLOADED'])

/** A load that goes on until it is told to stop. */
export interface Load {
  /** Resolves when every client has stopped. */
  readonly ended: Promise<unknown>
  stop(): void
}

/** What a load tells of. */
export interface LoadVoice {
  readonly say: (line: string) => void
  /** A command that may be sent again was not taken. */
  readonly refused: (code: string) => void
}

async function client(
  bank: RunningSystem,
  { say, refused }: LoadVoice,
  name: string,
  number: number,
  padding: string,
  stopped: () => boolean
): Promise<void> {
  for (let count = 0; !stopped(); count++) {
    const key = `${name}-${number}-${count}`
    const from = `a${(number * 7 + count) % accountsMax}`
    const to = `a${(number * 11 + 3 * count + 1) % accountsMax}`
    const deposit = count % 3 === 0
    const sent = deposit
      ? bank.service('bank').send({
          type: 'Deposit',
          key: from,
          data: { pence: 50, note: key + padding },
          idempotencyKey: key
        })
      : bank
          .service('transfers')
          .send({ type: 'RequestTransfer', key, data: { from, to, pence: 30 }, idempotencyKey: key })
    try {
      const answer = await sent
      if (answer.outcome === 'accepted') say(`acked ${answer.position} ${key}`)
    } catch (thrown) {
      if (!(thrown instanceof Failure) || !(transient.has(thrown.code) || thrown.code === 'STOPPING'))
        throw thrown
      refused(thrown.code)
      // A store that is down says so at once: without a turn in between nothing could make it good.
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}

/** Deposits and transfers from several clients at once, each named after the life it is sent in. */
export function load(bank: RunningSystem, voice: LoadVoice, life: string, paddingBytes = 0): Load {
  let stopping = false
  const padding = paddingBytes === 0 ? '' : ` ${'x'.repeat(paddingBytes)}`
  const all = Array.from({ length: clients }, (_, number) =>
    client(bank, voice, life, number, padding, () => stopping)
  )
  return {
    ended: Promise.all(all),
    stop: () => {
      stopping = true
    }
  }
}

const floods = 3
const floodSize = 30_000

/** Sends far more than a service can hold, again and again; gives how many commands it would not take. */
export async function flood(bank: RunningSystem, say: (line: string) => void, life: string): Promise<number> {
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
export async function foldAll(bank: RunningSystem): Promise<string> {
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
