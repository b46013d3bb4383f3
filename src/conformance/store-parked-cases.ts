import type { LogRow, ParkedChange, ParkedMessage, ParkedWrite } from '../ports/index.ts'
import { claim, claimEqual, claimFails } from './conformance-case.ts'
import type { StoreCase, StoreStage } from './store-stage.ts'

function parked(stage: StoreStage, key: string, fields: Partial<ParkedWrite> = {}): ParkedWrite {
  const message: LogRow = { ...stage.row(key), previous: 0, service: 'pilot', position: 7 }
  return {
    subscription: 'arrivals',
    key,
    source: 'pilot',
    partition: 2,
    position: 7,
    status: 'retrying',
    attempts: 1,
    dueMs: 500,
    failure: 'fog',
    parkedMs: 400,
    message,
    ...fields
  }
}

function change(number: number, fields: Partial<ParkedChange> = {}): ParkedChange {
  return {
    number,
    expected: { status: 'retrying', attempts: 1 },
    status: 'dead',
    attempts: 2,
    dueMs: 0,
    failure: 'ice',
    ...fields
  }
}

async function park(stage: StoreStage, ...writes: readonly ParkedWrite[]): Promise<readonly number[]> {
  return (await stage.commit({ parked: writes })).parkedNumbers
}

async function one(stage: StoreStage, number: number): Promise<ParkedMessage | undefined> {
  const [found] = await stage.store.parked({ afterNumber: number - 1, limit: 1 })
  return found?.number === number ? found : undefined
}

/** What parked messages promise. */
export const storeParkedCases: readonly StoreCase[] = [
  [
    'a parked message comes back with every field and the number that the commit gave',
    async (stage) => {
      const write = parked(stage, 'Aurora')
      const numbers = await park(stage, write, parked(stage, 'Tug'))
      claim(numbers.length === 2 && (numbers[0] as number) < (numbers[1] as number), 'two rising numbers')
      await stage.reopen()
      claimEqual(
        await one(stage, numbers[0] as number),
        { number: numbers[0], ...write } as unknown,
        'the message'
      )
    }
  ],
  [
    'numbers rise and are never given twice, also when the last message is gone and the store reopened',
    async (stage) => {
      const first = await park(stage, parked(stage, 'a'), parked(stage, 'b'))
      await stage.commit({ parkedChanges: first.map((number) => change(number, { status: 'gone' })) })
      claimEqual(await stage.store.parked({ limit: 10 }), [], 'what is left')
      await stage.reopen()
      const [next = 0] = await park(stage, parked(stage, 'c'))
      claim(next > (first[1] as number), `number ${next} behind ${first[1]}`)
    }
  ],
  [
    'parked messages are listed by number, filtered, page by page',
    async (stage) => {
      const [a, b, c, d] = await park(
        stage,
        parked(stage, 'Aurora'),
        parked(stage, 'Tug', { status: 'dead' }),
        parked(stage, 'Aurora', { status: 'behind', subscription: 'departures' }),
        parked(stage, 'Aurora', { status: 'behind' })
      )
      const list = async (filter: Parameters<typeof stage.store.parked>[0]): Promise<readonly number[]> =>
        (await stage.store.parked(filter)).map((message) => message.number)
      claimEqual(await list({ limit: 10 }), [a, b, c, d], 'all')
      claimEqual(await list({ limit: 2 }), [a, b], 'the first two')
      claimEqual(await list({ limit: 2, afterNumber: b as number }), [c, d], 'the next two')
      claimEqual(await list({ limit: 10, subscription: 'arrivals' }), [a, b, d], 'of a subscription')
      claimEqual(
        await list({ limit: 10, subscription: 'arrivals', key: 'Aurora' }),
        [a, d],
        'of a subscription and a key'
      )
      claimEqual(await list({ limit: 10, status: ['dead', 'behind'] }), [b, c, d], 'of two statuses')
      claimEqual(await list({ limit: 10, status: [] }), [], 'of no status')
      claimEqual(
        await list({ limit: 1, key: 'Aurora', afterNumber: a as number, status: ['behind'] }),
        [c],
        'of all at once'
      )
    }
  ],
  [
    'a change holds only in the status and with the attempts it expects',
    async (stage) => {
      const [number = 0] = await park(stage, parked(stage, 'Aurora'))
      const wrong = [
        change(number, { expected: { status: 'dead', attempts: 1 } }),
        change(number, { expected: { status: 'retrying', attempts: 2 } }),
        change(number + 1)
      ]
      for (const status of ['dead', 'gone'] as const)
        for (const each of wrong)
          await claimFails('VERSION_CONFLICT', JSON.stringify(each.expected), () =>
            stage.commit({ parkedChanges: [{ ...each, status }] })
          )
      claimEqual((await one(stage, number))?.status, 'retrying', 'the status')
      await stage.commit({ parkedChanges: [change(number)] })
      const found = await one(stage, number)
      claimEqual([found?.status, found?.attempts, found?.failure], ['dead', 2, 'ice'], 'the change')
      await claimFails('VERSION_CONFLICT', 'the same change again', () =>
        stage.commit({ parkedChanges: [change(number)] })
      )
    }
  ],
  [
    'an edit puts a new message in place of the old one; without it the message stays',
    async (stage) => {
      const [number = 0] = await park(stage, parked(stage, 'Aurora'))
      const before = (await one(stage, number))?.message
      await stage.commit({ parkedChanges: [change(number)] })
      claimEqual((await one(stage, number))?.message, before, 'the message after a change')
      const message = { ...before, data: { ship: 'Aurora', draught: 'd\u00e9j\u00e0' } }
      const expected = { status: 'dead', attempts: 2 } as const
      await stage.commit({ parkedChanges: [change(number, { expected, message })] })
      claimEqual((await one(stage, number))?.message, message, 'the message after an edit')
    }
  ],
  [
    'parked messages are counted by subscription and status',
    async (stage) => {
      claimEqual(await stage.store.parkedCounts(), [], 'the counts of none')
      await park(
        stage,
        parked(stage, 'a'),
        parked(stage, 'b'),
        parked(stage, 'a', { status: 'behind' }),
        parked(stage, 'a', { subscription: 'departures', status: 'pending' })
      )
      const counts = (await stage.store.parkedCounts()).map(
        ({ subscription, status, count }) => `${subscription} ${status} ${count}`
      )
      claimEqual(
        [...counts].sort(),
        ['arrivals behind 1', 'arrivals retrying 2', 'departures pending 1'],
        'the counts'
      )
    }
  ],
  [
    'the keys with parked messages are each given once',
    async (stage) => {
      await park(
        stage,
        parked(stage, 'b'),
        parked(stage, 'a'),
        parked(stage, 'a', { status: 'behind' }),
        parked(stage, 'a', { subscription: 'departures' })
      )
      const keys = (await stage.store.parkedKeys()).map(({ subscription, key }) => `${subscription} ${key}`)
      claimEqual([...keys].sort(), ['arrivals a', 'arrivals b', 'departures a'], 'the keys')
    }
  ]
]
