import { expect, test } from 'vitest'
import { type BankFaults, bank } from './bank.ts'
import { codeOf, type Stage, stage } from './stage.ts'

/** Counts the commits of a service that hold events, and what each holds. */
function commitsOf(on: Stage, service: string): readonly number[] {
  const sizes: number[] = []
  on.stores.watch(service, ({ log }) => {
    if (log.length > 0) sizes.push(log.length)
  })
  return sizes
}

test('commands that wait at the same time share one commit', async () => {
  const on = await stage(bank())
  const commits = commitsOf(on, 'bank')
  await Promise.all(
    Array.from({ length: 100 }, (_, index) => on.accepted('bank', 'Deposit', `a${index % 10}`, { pence: 1 }))
  )
  expect(commits).toEqual([100])
  const ann = await on.service('bank').entity('account', 'a3')
  expect(ann).toMatchObject({ sequence: 10, state: { pence: 10 } })
})

test('a group is no larger than its limit', async () => {
  const on = await stage(bank(), { limits: { batchMax: 30 } })
  const commits = commitsOf(on, 'bank')
  await Promise.all(
    Array.from({ length: 100 }, (_, index) => on.accepted('bank', 'Deposit', `a${index}`, { pence: 1 }))
  )
  expect(commits).toEqual([30, 30, 30, 10])
})

test('commands of one key in one group see each other in the order of arrival', async () => {
  const on = await stage(bank())
  const answers = await Promise.all([
    on.send('bank', 'Debit', 'ann', { transfer: 'a', pence: 1 }),
    on.send('bank', 'Deposit', 'ann', { pence: 10 }),
    on.send('bank', 'Debit', 'ann', { transfer: 'b', pence: 8 }),
    on.send('bank', 'Debit', 'ann', { transfer: 'c', pence: 8 })
  ])
  expect(answers.map(({ outcome }) => outcome)).toEqual(['refused', 'accepted', 'accepted', 'refused'])
  const rows = await on.service('bank').history('account', 'ann')
  expect(rows.map(({ type, sequence }) => [type, sequence])).toEqual([
    ['Deposited', 1],
    ['Debited', 2]
  ])
})

test('a member whose decision throws is refused alone', async () => {
  const faults: BankFaults = {
    decide: (note) => {
      if (note === 'boom') throw new Error('The decision broke.')
    }
  }
  const on = await stage(bank({ faults }))
  const sent = Array.from({ length: 9 }, (_, index) =>
    on.send('bank', 'Deposit', 'ann', { pence: 1, note: index === 4 ? 'boom' : '' })
  )
  const outcomes = await Promise.allSettled(sent)
  expect(outcomes.map(({ status }) => status === 'rejected')).toEqual(
    Array.from({ length: 9 }, (_, index) => index === 4)
  )
  expect(await codeOf(sent[4] as Promise<unknown>)).toBe('TRANSITION_FAILED')
  expect(await on.service('bank').entity('account', 'ann')).toMatchObject({
    sequence: 8,
    state: { pence: 8 }
  })
})

test('a member that the store will not take is refused alone, and the others keep their order', async () => {
  const on = await stage(bank())
  const note = (index: number): string => (index === 20 ? 'x'.repeat(1_100_000) : String(index))
  const sent = Array.from({ length: 40 }, (_, index) =>
    on.send('bank', 'Deposit', 'ann', { pence: index + 1, note: note(index) })
  )
  const outcomes = await Promise.allSettled(sent)
  expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(1)
  expect(await codeOf(sent[20] as Promise<unknown>)).toBe('MESSAGE_TOO_LARGE')
  const rows = await on.service('bank').history('account', 'ann')
  const pence = rows.map(({ data }) => (data as { pence: number }).pence)
  expect(pence).toEqual(Array.from({ length: 40 }, (_, index) => index + 1).filter((value) => value !== 21))
  await on.accepted('bank', 'Deposit', 'ann', { pence: 1 })
})

test('commands that lost to another writer are decided again in the order of arrival', async () => {
  const on = await stage(bank())
  const fault = on.stores.fail('bank', {
    code: 'VERSION_CONFLICT',
    times: 3,
    holding: ({ log }) => log.length > 0
  })
  await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      on.accepted('bank', 'Deposit', 'ann', { pence: 1, note: String(index) })
    )
  )
  expect(fault.fired).toBe(3)
  const rows = await on.service('bank').history('account', 'ann')
  expect(rows.map(({ data }) => (data as { note: string }).note).join('')).toBe('0123456789')
})

test('a command that always loses to another writer is given up and says so', async () => {
  const on = await stage(bank())
  const fault = on.stores.fail('bank', {
    code: 'VERSION_CONFLICT',
    times: 1_000,
    holding: ({ log }) => log.length > 0
  })
  expect(await codeOf(on.send('bank', 'Deposit', 'ann', { pence: 1 }))).toBe('VERSION_CONFLICT')
  expect(fault.fired).toBeGreaterThan(5)
  expect(fault.fired).toBeLessThan(100)
})

test('a command that the store will not take is refused while messages stream in, and so is nobody else', async () => {
  const on = await stage(bank(), { limits: { batchMax: 16 } })
  await on.accepted('bank', 'Deposit', 'ann', { pence: 100_000 })
  let streaming = true
  let count = 0
  const stream: Promise<unknown>[] = []
  const flow = (): void => {
    for (let index = 0; index < 40; index++)
      stream.push(
        on.accepted('transfers', 'RequestTransfer', `t${count++}`, { from: 'ann', to: 'bob', pence: 1 })
      )
  }
  flow()
  await on.turns(10)
  const large = codeOf(on.send('bank', 'Deposit', 'eve', { pence: 1, note: 'x'.repeat(1_100_000) })).then(
    (code) => {
      const answered = streaming
      streaming = false
      return [code, answered]
    }
  )
  const others = Array.from({ length: 10 }, () => on.accepted('bank', 'Deposit', 'cid', { pence: 1 }))
  for (let waves = 0; streaming && waves < 60; waves++) {
    flow()
    await on.turns(4)
  }
  streaming = false
  expect(await on.drive(large)).toEqual(['MESSAGE_TOO_LARGE', true])
  await on.drive(Promise.all([...stream, ...others]))
  await on.settled()
  expect(await on.service('bank').entity('account', 'bob')).toMatchObject({ state: { pence: count } })
  expect(await on.service('bank').check()).toEqual([])
})
