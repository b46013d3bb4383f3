// An instance of a bank as a process of its own: `port suffix name`. It is told by lines what to do, and says what it
// has done.
import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { Pool } from 'pg'
import type { Batch, Store } from '../../src/ports/index.ts'
import type { RunningSystem } from '../../src/runtime/index.ts'
import { startInstance } from './shared-bank.ts'

const [port, suffix = '', name = ''] = process.argv.slice(2)

const say = (line: string): void => {
  writeSync(1, `${line}\n`)
}

/** Stands still in the moment before it commits for a subscription, as a process does that is paused just then. */
let standStillBefore: { readonly service: string; readonly subscription: string } | undefined

function isFor(batch: Batch, subscription: string): boolean {
  return batch.checkpoints.some((move) => move.subscription === subscription)
}

function watched(store: Store): Store {
  return new Proxy(store, {
    get: (target, member) => {
      const value: unknown = Reflect.get(target, member)
      if (member !== 'commit') return typeof value === 'function' ? value.bind(target) : value
      return async (batch: Batch) => {
        const where = standStillBefore
        if (where?.service !== target.service || !isFor(batch, where.subscription))
          return target.commit(batch)
        standStillBefore = undefined
        const stood = `${where.service} ${where.subscription}`
        say(`stands still before ${stood}`)
        process.kill(process.pid, 'SIGSTOP')
        try {
          const committed = await target.commit(batch)
          say(`committed late ${stood}`)
          return committed
        } catch (thrown) {
          say(`refused late ${stood} ${(thrown as { readonly code?: string }).code}`)
          throw thrown
        }
      }
    }
  })
}

/** Requests transfers until it is told to stop; one that fails is sent again with its key. */
async function load(system: RunningSystem, goesOn: () => boolean): Promise<void> {
  const accounts = ['ann', 'bob', 'cid', 'dan']
  for (let index = 0; goesOn(); index++) {
    const key = `${name}-${index}`
    const data = { from: accounts[index % 4], to: accounts[(index * 3 + 1) % 4], pence: 1 }
    const request = { type: 'RequestTransfer', key, data, idempotencyKey: key }
    for (let acked = false; !acked && goesOn(); ) {
      const answer = await system
        .service('transfers')
        .send(request)
        .catch(() => undefined)
      acked = answer !== undefined
      if (answer) say(`${answer.outcome} ${key}`)
    }
  }
}

const system = await startInstance(
  () => new Pool({ host: '127.0.0.1', port: Number(port), user: 'postgres', database: 'postgres', max: 4 }),
  suffix,
  { name, wrap: watched, log: (text) => say(`log ${text}`) }
)
let loading = false
let loaded = Promise.resolve()
createInterface({ input: process.stdin }).on('line', (line) => {
  const [word, service = '', subscription = ''] = line.split(' ')
  if (word === 'load') {
    loading = true
    loaded = load(system, () => loading)
  }
  if (word === 'stand-still') standStillBefore = { service, subscription }
  if (word === 'stop') {
    loading = false
    void loaded
      .then(() => system.stop())
      .then(() => {
        say('stopped')
        process.exit(0)
      })
  }
})
say('up')
