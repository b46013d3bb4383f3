import { expect, test } from 'vitest'
import type { Batch, ParkedMessage } from '../../src/ports/index.ts'
import type { DeadLetters } from '../../src/runtime/index.ts'
import { type BankFaults, bank } from './bank.ts'
import { proveAll } from './oracle.ts'
import { codeOf, type Stage, stage } from './stage.ts'

const letters = (on: Stage): DeadLetters => on.service('notices').deadLetters
const parkedOf = (on: Stage): Promise<readonly ParkedMessage[]> =>
  letters(on).list({ limit: 100, subscription: 'statement' })

/** A bank with ten debits of ann, the first of which the statement cannot fold: a dead letter with nine behind it. */
async function stuck(): Promise<{ on: Stage; poison: Set<string>; number: number; folded: string[] }> {
  const poison = new Set(['t0'])
  const folded: string[] = []
  const faults: BankFaults = {
    fold: (transfer) => {
      if (poison.has(transfer)) throw new Error('Not that one.')
      folded.push(transfer)
    }
  }
  const on = await stage(bank({ faults }), { limits: { attemptsMax: 2 } })
  await on.accepted('bank', 'Deposit', 'ann', { pence: 100 })
  for (let index = 0; index < 10; index++)
    await on.accepted('bank', 'Debit', 'ann', { transfer: `t${index}`, pence: index + 1 })
  await on.until('it is dead', async () => (await parkedOf(on))[0]?.status === 'dead')
  const parked = await parkedOf(on)
  expect(parked.map(({ status }) => status)).toEqual(['dead', ...Array(9).fill('behind')])
  return { on, poison, number: parked[0]?.number ?? 0, folded }
}

const order = Array.from({ length: 10 }, (_, index) => `t${index}`)

test('I7 I16: a redrive that works is done once, and all behind it follow in order', async () => {
  const { on, poison, number, folded } = await stuck()
  poison.clear()
  expect(await letters(on).redrive(number, 'eve')).toEqual({ number, state: 'done' })
  await on.settled()
  expect(await parkedOf(on)).toEqual([])
  expect(folded).toEqual(order)
  expect(await letters(on).audit(10)).toMatchObject([
    { action: 'dead-letter.redrive', by: 'eve', details: { state: 'done' } }
  ])
  expect(await on.service('notices').check()).toEqual([])
})

test('what waits behind a letter follows at once, though the clock was set back meanwhile', async () => {
  const { on, poison, number, folded } = await stuck()
  poison.clear()
  on.clock.jumpTo(on.clock.nowMs() - 3_600_000)
  const startMs = on.clock.nowMs()
  expect(await letters(on).redrive(number, 'eve')).toMatchObject({ state: 'done' })
  await on.settled()
  expect(folded).toEqual(order)
  expect(on.clock.nowMs() - startMs).toBeLessThan(10_000)
})

test('a redrive that fails says that the letter is dead still, and nothing behind it moves', async () => {
  const { on, number } = await stuck()
  expect(await letters(on).redrive(number, 'eve')).toEqual({ number, state: 'dead' })
  expect(await letters(on).show(number)).toMatchObject({ status: 'dead', attempts: 3 })
  expect(await parkedOf(on)).toHaveLength(10)
  expect(await letters(on).audit(10)).toMatchObject([
    { action: 'dead-letter.redrive', details: { state: 'failed' } }
  ])
})

test('I7: of two people who redrive the same letter at once one does, and the other is told', async () => {
  const { on, poison, number, folded } = await stuck()
  poison.clear()
  const both = await Promise.allSettled([
    letters(on).redrive(number, 'eve'),
    letters(on).redrive(number, 'bob')
  ])
  expect(both[0]).toMatchObject({ status: 'fulfilled', value: { state: 'done' } })
  expect(both[1]).toMatchObject({ status: 'rejected', reason: { code: 'DEAD_LETTER_STATE' } })
  await on.settled()
  expect(folded).toEqual(order)
})

test('a letter that is discarded and redriven at once is one of both', async () => {
  const { on, poison, number, folded } = await stuck()
  poison.clear()
  const both = await Promise.allSettled([
    letters(on).discard(number, 'wrong', 'eve'),
    letters(on).redrive(number, 'bob')
  ])
  expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
  await on.settled()
  expect(folded).toEqual(order.slice(1))
  expect(await letters(on).audit(10)).toHaveLength(1)
  expect(await on.service('notices').check()).toEqual([])
})

test('discarding needs a reason, leaves it in the audit, and lets those behind follow', async () => {
  const { on, number, folded } = await stuck()
  expect(await codeOf(letters(on).discard(number, ' ', 'eve'))).toBe('DEAD_LETTER_STATE')
  await letters(on).discard(number, 'a typing error', 'eve')
  await on.settled()
  expect(folded).toEqual(order.slice(1))
  expect(await letters(on).audit(10)).toMatchObject([
    {
      action: 'dead-letter.discard',
      by: 'eve',
      reason: 'a typing error',
      details: { data: { transfer: 't0', pence: 1 } }
    }
  ])
  expect(await codeOf(letters(on).show(number))).toBe('DEAD_LETTER_UNKNOWN')
  expect(await on.service('notices').check()).toEqual([])
})

test('an edit is checked by the schema, field by field, and is what the redrive works with', async () => {
  const { on, number } = await stuck()
  const wrong = await letters(on)
    .edit(number, { transfer: 7, pence: 1, more: true }, 'eve')
    .catch((thrown: unknown) => thrown)
  expect(wrong).toMatchObject({ code: 'MESSAGE_INVALID' })
  const edited = await letters(on).edit(number, { transfer: 'mended', pence: 1 }, 'eve')
  expect(edited).toMatchObject({ number, status: 'dead', message: { data: { transfer: 'mended' } } })
  expect(await letters(on).redrive(number, 'eve')).toMatchObject({ state: 'done' })
  await on.settled()
  expect(await on.service('notices').row('statement', 'mended')).toEqual({ moves: ['debited'], pence: 1 })
  const audit = await letters(on).audit(10)
  expect(audit.map(({ action }) => action).sort()).toEqual(['dead-letter.edit', 'dead-letter.redrive'])
  expect(audit.find(({ action }) => action.endsWith('edit'))).toMatchObject({
    details: { before: { transfer: 't0', pence: 1 }, after: { transfer: 'mended', pence: 1 } }
  })
})

test('only a dead letter can be edited, redriven or discarded', async () => {
  const { on, number } = await stuck()
  const behind = number + 1
  expect(await codeOf(letters(on).edit(behind, { transfer: 'x', pence: 1 }, 'eve'))).toBe('DEAD_LETTER_STATE')
  expect(await codeOf(letters(on).redrive(behind, 'eve'))).toBe('DEAD_LETTER_STATE')
  expect(await codeOf(letters(on).discard(behind, 'why not', 'eve'))).toBe('DEAD_LETTER_STATE')
  expect(await codeOf(letters(on).show(4711))).toBe('DEAD_LETTER_UNKNOWN')
  expect(await letters(on).audit(10)).toEqual([])
})

test('a redrive whose commit cannot be written is refused and the letter is dead still', async () => {
  const { on, poison, number } = await stuck()
  poison.clear()
  on.stores.fail('notices', {
    code: 'STORE_FULL',
    holding: ({ audit }) => audit.some(({ by }) => by === 'eve')
  })
  expect(await codeOf(letters(on).redrive(number, 'eve'))).toBe('STORE_FULL')
  await on.until('the store is back', async () => (await on.service('notices').status()).state === 'running')
  expect(await letters(on).show(number)).toMatchObject({ status: 'dead' })
  expect(await letters(on).redrive(number, 'eve')).toMatchObject({ state: 'done' })
})

test('I7 I16: a restart while a redriven letter drains does nothing twice', async () => {
  const { on, poison, number } = await stuck()
  poison.clear()
  for (let kills = 0; kills < 6; kills++) {
    const redriven = letters(on)
      .redrive(number, 'eve')
      .catch(() => undefined)
    await on.turns(kills)
    await on.crash()
    await Promise.race([redriven, on.turns(1)])
  }
  if ((await parkedOf(on))[0]?.status === 'dead') await letters(on).redrive(number, 'eve')
  await on.settled()
  expect(await parkedOf(on)).toEqual([])
  for (const [index, key] of order.entries())
    expect(await on.service('notices').row('statement', key)).toEqual({
      moves: ['debited'],
      pence: index + 1
    })
})

test('I7: a redrive that waits while a turn is lost moves no checkpoint over what that turn had taken', async () => {
  const { on, poison, number } = await stuck()
  poison.clear()
  on.stores.slow(() => 2)
  const redriven: Promise<unknown>[] = []
  const isTaking = ({ checkpoints, audit }: Batch): boolean =>
    audit.length === 0 && checkpoints.some(({ subscription }) => subscription === 'statement')
  on.stores.watch('notices', (batch) => {
    // Asked for while the turn is under way that will be lost.
    if (redriven.length === 0 && isTaking(batch)) redriven.push(letters(on).redrive(number, 'eve'))
  })
  const fault = on.stores.fail('notices', { code: 'STORE_FULL', holding: isTaking })
  for (let index = 0; index < 5; index++)
    await on.accepted('bank', 'Debit', 'ann', { transfer: `u${index}`, pence: 1 })
  await on.until('a turn was lost', () => fault.fired > 0)
  expect(await on.drive(Promise.all(redriven))).toEqual([{ number, state: 'done' }])
  await on.settled()
  expect(await parkedOf(on)).toEqual([])
  for (let index = 0; index < 5; index++)
    expect(await on.service('notices').row('statement', `u${index}`)).toEqual({
      moves: ['debited'],
      pence: 1
    })
  expect(await on.service('notices').check()).toEqual([])
})

test('a command between services that cannot be decided is parked, redriven, and answered once', async () => {
  let broken = true
  const faults: BankFaults = {
    react: () => {
      if (broken) throw new Error('The clerk is ill.')
    }
  }
  const on = await stage(bank({ faults }), { limits: { attemptsMax: 2 } })
  await on.accepted('bank', 'Deposit', 'ann', { pence: 10 })
  await on.accepted('transfers', 'RequestTransfer', 't1', { from: 'ann', to: 'bob', pence: 10 })
  const clerk = () => letters(on).list({ limit: 10, subscription: 'clerk', status: ['dead'] })
  await on.until('it is dead', async () => (await clerk()).length === 1)
  expect(await on.service('notices').entity('notice', 't1')).toBeUndefined()
  broken = false
  await letters(on).redrive((await clerk())[0]?.number ?? 0, 'eve')
  await on.settled()
  expect(await on.service('notices').entity('notice', 't1')).toMatchObject({
    sequence: 2,
    state: { status: 'sent' }
  })
  await proveAll(on)
})
