import { expect, test } from 'vitest'
import { bank } from './bank.ts'
import { stage } from './stage.ts'

test('what was not delivered when the process died is delivered after the next start', async () => {
  const on = await stage(bank())
  await on.accepted('bank', 'Deposit', 'ann', { pence: 500 })
  await on.accepted('transfers', 'RequestTransfer', 't1', { from: 'ann', to: 'bob', pence: 200 })
  await on.crash()
  await on.settled()
  expect(await on.service('notices').row('statement', 't1')).toEqual({
    moves: ['credited', 'debited', 'settled'],
    pence: 0
  })
})
