import { Failure } from '../../src/index.ts'
import type { CommandAnswer, RunningSystem } from '../../src/runtime/index.ts'

/** Does something again and again, as long as it may work later. */
async function untilItWorks<Result>(task: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await task()
    } catch (thrown) {
      if (!(thrown instanceof Failure) || thrown.retry === 'never') throw thrown
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}

/** Sends a command until it is answered, and says so when it was accepted. */
async function insist(
  bank: RunningSystem,
  say: (line: string) => void,
  service: string,
  type: string,
  key: string,
  data: unknown,
  idempotencyKey: string
): Promise<CommandAnswer> {
  const answer = await untilItWorks(() => bank.service(service).send({ type, key, data, idempotencyKey }))
  if (answer.outcome === 'accepted') say(`acked ${answer.position} ${idempotencyKey}`)
  return answer
}

/**
 * A little of everything: deposits, transfers that settle and that are undone, refusals, a notice that is posted at
 * the second attempt, a rebuild. Small, so that every place at which it writes can be tried.
 */
export async function script(bank: RunningSystem, say: (line: string) => void): Promise<void> {
  const send = (
    service: string,
    type: string,
    key: string,
    data: unknown,
    name: string
  ): Promise<CommandAnswer> => insist(bank, say, service, type, key, data, name)
  await send('bank', 'Deposit', 'ann', { pence: 100, note: 'd1' }, 'd1')
  await send('bank', 'CloseAccount', 'eve', {}, 'c1')
  await Promise.all([
    send('transfers', 'RequestTransfer', 't1', { from: 'ann', to: 'bob', pence: 40 }, 't1'),
    send('transfers', 'RequestTransfer', 't2', { from: 'ann', to: 'eve', pence: 10 }, 't2'),
    send('transfers', 'RequestTransfer', 't3', { from: 'cid', to: 'ann', pence: 10 }, 't3'),
    send('bank', 'Deposit', 'bob', { pence: 5, note: 'd2' }, 'd2')
  ])
  await bank.idle()
  await send('transfers', 'RequestTransfer', 't7', { from: 'bob', to: 'ann', pence: 45 }, 't7')
  await send('bank', 'Deposit', 'ann', { pence: 100, note: 'd1' }, 'd1')
  await untilItWorks(() => bank.service('notices').rebuild('statement'))
  await bank.idle()
}
