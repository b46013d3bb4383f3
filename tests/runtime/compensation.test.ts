import { expect, test } from 'vitest'
import { rowId } from '../../src/ports/index.ts'
import { logOf, proveBalance, proveOrder } from './oracle.ts'
import { type Stage, stage } from './stage.ts'
import { travel } from './trip.ts'

const partOf = ({ data }: { readonly data: unknown }): string => (data as { part: string }).part

/** What the process asked for, in order, and what each followed from. */
async function asked(on: Stage): Promise<readonly string[]> {
  const rows = await on.service('trips').history('itinerary', 'rome')
  return rows.filter(({ kind }) => kind === 'command').map((row) => `${row.type} ${partOf(row)}`)
}

test.each([
  [[], ['Book flight', 'Book hotel', 'Book car'], 'TripBooked'],
  [['flight'], ['Book flight'], 'TripFailed'],
  [['hotel'], ['Book flight', 'Book hotel', 'Return flight'], 'TripFailed'],
  [['car'], ['Book flight', 'Book hotel', 'Book car', 'Return hotel', 'Return flight'], 'TripFailed']
])('I14: with %j full, what was done is undone in reverse order', async (full, expected, end) => {
  for (const confirmed of [true, false]) {
    const on = await stage(travel(confirmed))
    await on.accepted('trips', 'AskTrip', 'rome', { full })
    await on.settled()
    expect(await asked(on)).toEqual(expected)
    const said = await on.service('trips').history('itinerary', 'rome')
    expect(said.filter(({ kind }) => kind === 'event').map(({ type }) => type)).toEqual([end])
    for (const service of ['trips', 'seats']) await proveBalance(on.service(service))
  }
})

test('I14: a confirmed undoing is confirmed before the next one is asked for', async () => {
  const on = await stage(travel(true))
  await on.accepted('trips', 'AskTrip', 'rome', { full: ['car'] })
  await on.settled()
  const returned = (await logOf(on.service('seats'))).find(
    (row) => row.type === 'Returned' && partOf(row) === 'hotel'
  )
  const rows = await on.service('trips').history('itinerary', 'rome')
  const undoFlight = rows.find((row) => row.type === 'Return' && partOf(row) === 'flight')
  expect(returned).toBeDefined()
  expect(undoFlight?.causationId).toBe(returned && rowId(returned))
})

test('I14: an undoing that is refused does not keep the earlier steps from being undone', async () => {
  const on = await stage(travel(true))
  // Somebody else gives the hotel back first.
  const stopped = on.stores.fail('trips', {
    code: 'STORE_UNAVAILABLE',
    times: 1_000_000,
    holding: ({ log }) => log.some((row) => row.type === 'Return' && partOf(row) === 'hotel')
  })
  await on.accepted('trips', 'AskTrip', 'rome', { full: ['car'] })
  await on.until('the hotel is about to be given back', () => stopped.fired > 0)
  await on.accepted('seats', 'Return', 'rome/hotel', { trip: 'x', part: 'hotel' })
  stopped.heal()
  await on.settled()
  expect(await asked(on)).toEqual(['Book flight', 'Book hotel', 'Book car', 'Return hotel', 'Return flight'])
  expect(await on.service('trips').entity('itinerary', 'rome')).toMatchObject({
    state: { status: 'failed', steps: { flight: 'undone', hotel: 'undo-refused', car: 'failed' } }
  })
})

test('I14: killed after every turn, a trip is undone exactly once', async () => {
  for (let turns = 0; turns < 10; turns++) {
    const on = await stage(travel(true))
    await on.accepted('trips', 'AskTrip', 'rome', { full: ['car'] })
    for (let kills = 0; kills < 8; kills++) {
      await on.turns(turns)
      await on.crash()
    }
    await on.settled()
    expect(await asked(on)).toEqual([
      'Book flight',
      'Book hotel',
      'Book car',
      'Return hotel',
      'Return flight'
    ])
    for (const service of ['trips', 'seats']) proveOrder(await logOf(on.service(service)))
  }
})
