import { Failure } from '../../src/index.ts'
import type { CommandAnswer, RunningService, RunningSystem } from '../../src/runtime/index.ts'
import type { BankFaults } from '../runtime/bank.ts'
import type { ScriptName } from './bank-orders.ts'

/** What a script works with. */
export interface Stage {
  readonly bank: RunningSystem
  readonly say: (line: string) => void
  /** Makes what cannot be dealt with possible. */
  readonly heal: () => void
}

/** What is wrong with a bank until it is healed: some transfers cannot be told of, others not be folded. */
export interface Illness {
  readonly faults: BankFaults
  readonly heal: () => void
}

/** A bank that cannot deal with the transfers whose names begin with `mute` and `odd`. */
export function illness(): Illness {
  let ill = true
  const failFor =
    (prefix: string) =>
    (transfer: string): void => {
      if (ill && transfer.startsWith(prefix)) throw new Error(`${transfer} cannot be dealt with yet.`)
    }
  return {
    faults: { react: failFor('mute'), fold: failFor('odd') },
    heal: () => {
      ill = false
    }
  }
}

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
  { bank, say }: Stage,
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

const deposit = (stage: Stage, key: string, pence: number, name: string): Promise<CommandAnswer> =>
  insist(stage, 'bank', 'Deposit', key, { pence, note: name }, name)

const transfer = (stage: Stage, name: string, from: string, to: string, pence: number) =>
  insist(stage, 'transfers', 'RequestTransfer', name, { from, to, pence }, name)

/**
 * A little of everything: deposits, transfers that settle and that are undone, refusals, a notice that is posted at
 * the second attempt, a rebuild. Small, so that every place at which it writes can be tried.
 */
async function everything(stage: Stage): Promise<void> {
  const { bank } = stage
  await deposit(stage, 'ann', 100, 'd1')
  await insist(stage, 'bank', 'CloseAccount', 'eve', {}, 'c1')
  await Promise.all([
    transfer(stage, 't1', 'ann', 'bob', 40),
    transfer(stage, 't2', 'ann', 'eve', 10),
    transfer(stage, 't3', 'cid', 'ann', 10),
    deposit(stage, 'bob', 5, 'd2')
  ])
  await bank.idle()
  await transfer(stage, 't7', 'bob', 'ann', 45)
  await deposit(stage, 'ann', 100, 'd1')
  await untilItWorks(() => bank.service('notices').rebuild('statement'))
  await bank.idle()
}

/** The first dead letter of the clerk for a transfer. */
async function deadOf({ deadLetters }: RunningService, key: string): Promise<number> {
  const [found] = await deadLetters.list({ subscription: 'clerk', key, status: ['dead'], limit: 1 })
  if (!found) throw new Error(`There is no dead letter of ${key}.`)
  return found.number
}

/** Dead letters and all that is done with them: parked, queued behind, edited, tried in vain, redriven, discarded. */
async function letters(stage: Stage): Promise<void> {
  const { bank, say, heal } = stage
  const notices = bank.service('notices')
  const by = 'a person'
  const redrive = async (number: number): Promise<void> => {
    const { state } = await notices.deadLetters.redrive(number, by)
    say(`deed redrive ${number} ${state}`)
  }
  await deposit(stage, 'ann', 100, 'd1')
  await Promise.all([
    transfer(stage, 'mute1', 'ann', 'bob', 10),
    transfer(stage, 'mute2', 'ann', 'bob', 10),
    transfer(stage, 'mute3', 'cid', 'bob', 10),
    transfer(stage, 'odd4', 'ann', 'bob', 10),
    transfer(stage, 't5', 'ann', 'bob', 10)
  ])
  await bank.idle()
  const wrong = await deadOf(notices, 'mute1')
  await redrive(wrong)
  await notices.deadLetters.edit(wrong, { transfer: 'mended1' }, by)
  say(`deed edit ${wrong}`)
  await redrive(wrong)
  heal()
  await redrive(await deadOf(notices, 'mute2'))
  const unwanted = await deadOf(notices, 'mute3')
  await notices.deadLetters.discard(unwanted, 'nobody asks', by)
  say(`deed discard ${unwanted}`)
  // What waits behind each of these follows in order.
  for (const { number } of await notices.deadLetters.list({
    subscription: 'statement',
    status: ['dead'],
    limit: 9
  }))
    await redrive(number)
  await bank.idle()
}

/** Transfers whose steps have next to no time: timers are set, called off, and fire while the answers are under way. */
async function timers(stage: Stage): Promise<void> {
  await deposit(stage, 'ann', 1_000, 'd1')
  for (let round = 0; round < 3; round++) {
    await Promise.all(
      ['x', 'y', 'z'].map((name) => transfer(stage, `${name}${round}`, 'ann', `bob-${name}`, 10))
    )
    await stage.bank.idle()
  }
}

/** Rebuilds of everything that can be rebuilt, with commands in between. */
async function rebuilds(stage: Stage): Promise<void> {
  const { bank } = stage
  const rebuild = async (service: string, unit: string): Promise<void> => {
    await untilItWorks(() => bank.service(service).rebuild(unit))
  }
  await deposit(stage, 'ann', 100, 'e1')
  await rebuild('notices', 'statement')
  await transfer(stage, 'u1', 'ann', 'bob', 20)
  await rebuild('bank', 'balances')
  await bank.idle()
  await rebuild('bank', 'account')
  await deposit(stage, 'ann', 10, 'e2')
  await bank.idle()
}

/** What a bank does step by step, always the same; what was accepted is said. */
export const scripts: Readonly<Record<ScriptName, (stage: Stage) => Promise<void>>> = {
  everything,
  letters,
  timers,
  rebuilds
}
