import { expect, test } from 'vitest'
import { boardDiscovery, type InstanceBoard, type PostedInstance } from '../../src/ports/index.ts'
import { testClock } from '../../src/testing/index.ts'

const url = 'http://127.0.0.1:1'

test('a board that says nothing keeps nobody from starting, from registering, leaving or closing', async () => {
  const clock = testClock()
  const never = new Promise<never>(() => undefined)
  const board: InstanceBoard = {
    name: 'a silent board',
    post: () => never,
    remove: () => never,
    read: () => never,
    close: async () => undefined
  }
  let done = ''
  const course = (async () => {
    const discovery = await boardDiscovery({ board, clock })
    done = 'started'
    const leave = await discovery.register(['sales'], url)
    done = 'registered'
    await leave()
    done = 'left'
    await discovery.close()
    done = 'closed'
  })()
  for (let step = 0; step < 60 && done !== 'closed'; step++) await clock.advance(500)
  expect(done).toBe('closed')
  await course
})

test('a board that comes back empty makes nobody forget the others before they can put up their notices again', async () => {
  const clock = testClock()
  let posted: readonly PostedInstance[] = [{ service: 'sales', url }]
  let isAway = false
  const board: InstanceBoard = {
    name: 'a forgetful board',
    post: async () => undefined,
    remove: async () => undefined,
    read: async () => {
      if (isAway) throw new Error('away')
      return posted
    },
    close: async () => undefined
  }
  const discovery = await boardDiscovery({ board, clock })
  expect(discovery.addresses('sales')).toEqual([url])
  isAway = true
  await clock.advance(1_000)
  isAway = false
  posted = []
  await clock.advance(1_000)
  await clock.advance(1_000)
  expect(discovery.addresses('sales')).toEqual([url])
  for (let look = 0; look < 4; look++) await clock.advance(1_000)
  expect(discovery.addresses('sales')).toEqual([])
  await discovery.close()
})
