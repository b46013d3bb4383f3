import { expect, test } from 'vitest'
import { boardDiscovery, type InstanceBoard, type InstanceNotice } from '../../src/ports/index.ts'
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
  let posted: readonly InstanceNotice[] = [{ service: 'sales', url, isReady: true }]
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

/** A board in memory; who reads finds what was posted, as it was posted last. */
function memoryBoard(): { readonly board: InstanceBoard; readonly notices: () => readonly InstanceNotice[] } {
  const posted = new Map<string, InstanceNotice>()
  return {
    notices: () => [...posted.values()],
    board: {
      name: 'a board in memory',
      async post(notices) {
        for (const notice of notices) posted.set(`${notice.service} ${notice.url}`, notice)
      },
      async remove(instances) {
        for (const one of instances) posted.delete(`${one.service} ${one.url}`)
      },
      read: async () => [...posted.values()],
      close: async () => undefined
    }
  }
}

test('only who takes no work for five looks in a row says so, and one good answer ends it', async () => {
  const clock = testClock()
  const { board, notices } = memoryBoard()
  const discovery = await boardDiscovery({ board, clock })
  let [isReady, asked] = [true, 0]
  await discovery.register(['sales'], url, async () => {
    asked += 1
    return isReady
  })
  const said = (): readonly boolean[] => notices().map((notice) => notice.isReady)
  const looks = async (count: number): Promise<void> => {
    for (let look = 0; look < count; look++) await clock.advance(1_000)
  }
  for (let flap = 0; flap < 5; flap++) {
    isReady = false
    await looks(4)
    expect(said()).toEqual([true])
    isReady = true
    await looks(1)
  }
  expect(asked).toBe(25)
  isReady = false
  await looks(6)
  expect(said()).toEqual([false])
  // Alone it is found all the same: who asks it hears why.
  expect(discovery.addresses('sales')).toEqual([url])
  isReady = true
  await looks(2)
  expect(said()).toEqual([true])
  await discovery.close()
})

test('a question whether it takes work that is never answered counts as no, and holds nothing up', async () => {
  const clock = testClock()
  const { board, notices } = memoryBoard()
  const discovery = await boardDiscovery({ board, clock })
  let asked = 0
  await discovery.register(['sales'], url, () => {
    asked += 1
    return new Promise(() => undefined)
  })
  for (let look = 0; look < 8; look++) await clock.advance(1_000)
  expect([asked, notices()]).toEqual([1, [{ service: 'sales', url, isReady: false }]])
  await discovery.close()
})
