import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { actor, contract, projection, service, stateMachine, system } from '../../src/index.ts'
import { defineSimulation, runTrial, type Trial } from '../../src/simulator/index.ts'
import { hiddenUses, plainUses } from './hidden-uses.ts'

type Place = 'decide' | 'evolve' | 'projection' | 'reaction' | 'effect'

/** One service that calls `use` at one place. */
function lamp(place: Place, use: () => unknown) {
  const at = (here: Place): void => {
    if (here === place) use()
  }
  const house = contract('house')
  const Switch = house.command('Switch', z.object({}))
  const Note = house.command('Note', z.object({}), { internal: true })
  const Switched = house.event('Switched', z.object({}))
  const Noted = house.event('Noted', z.object({}))
  const machine = stateMachine<{ status: 'off' | 'on' | 'noted' }>('lamp', { status: 'off' })
    .evolve(Switched, { from: 'off', to: 'on' }, () => {
      at('evolve')
      return { status: 'on' }
    })
    .evolve(Noted, { to: 'noted' }, () => ({ status: 'noted' }))
    .on(Switch, { from: 'off', emits: Switched }, () => {
      at('decide')
      return Switched({})
    })
    .on(Note, { from: 'on', emits: Noted }, () => Noted({}))
  const lamps = projection<{ on: boolean }>('lamps').on(
    Switched,
    (_, { key }) => key,
    () => {
      at('projection')
      return { on: true }
    }
  )
  const clerk = actor('clerk').on(Switched, (_, { key }) => {
    at('reaction')
    return Note.for(key, {})
  })
  const caller = actor('caller').effect(Noted, {}, async () => {
    await Promise.resolve()
    at('effect')
    return undefined
  })
  return system('house', [service(house, [machine, lamps, clerk, caller])])
}

function tryOut(place: Place, use: () => unknown): Promise<Trial> {
  const simulation = defineSimulation({
    system: () => lamp(place, use),
    workload: () => [{ service: 'house', type: 'Switch', key: 'hall', data: {} }]
  })
  return runTrial(simulation, { seed: 1, kind: 'orders' })
}

/** Where a word stands in the file of the uses. */
function lineOf(word: string): number {
  const lines = readFileSync(new URL('hidden-uses.ts', import.meta.url), 'utf8').split('\n')
  const at = lines.findIndex((line) => [`  ${word}:`, `  '${word}':`].some((start) => line.startsWith(start)))
  expect(at, `a line that begins with ${word}`).toBeGreaterThanOrEqual(0)
  return at + 1
}

const places: readonly Place[] = ['decide', 'evolve', 'projection', 'reaction', 'effect']

test.each(places)(
  'the time that is asked for in a %s ends the world with file, line and what to use',
  async (place) => {
    const { finding } = await tryOut(place, hiddenUses['Date.now'] as () => unknown)
    expect(finding?.oracle).toBe('no-hidden-inputs')
    expect(finding?.text).toMatch(
      `tests/simulator/hidden-uses.ts:${lineOf('Date.now')} uses Date.now, which no seed decides. Take the time from`
    )
  }
)

test.each(Object.keys(hiddenUses))(
  'a service that uses %s is found, even when it catches what is thrown',
  async (name) => {
    let thrown: unknown
    const use = hiddenUses[name] as () => unknown
    const { finding } = await tryOut('decide', () => {
      try {
        use()
      } catch (error) {
        thrown = error
      }
    })
    expect(finding?.oracle).toBe('no-hidden-inputs')
    expect(finding?.text).toContain(`tests/simulator/hidden-uses.ts:${lineOf(name)} uses ${name}, which`)
    expect(thrown).toMatchObject({ code: 'DEFINITION_INVALID' })
  }
)

test.each(Object.keys(plainUses))('a service may use %s', async (name) => {
  let given: unknown
  const { finding, worlds } = await tryOut('decide', () => {
    given = plainUses[name]?.()
  })
  expect(finding).toBeUndefined()
  expect(worlds[0]?.decided).toBe(2)
  expect(given).toBe(true)
})

test('somebody who prints in a service is left alone, and so is the simulator itself', async () => {
  const { finding, worlds } = await tryOut('decide', () => console.log('the lamp is switched'))
  expect(finding).toBeUndefined()
  expect(worlds[0]?.decided).toBe(2)
})

test('a use behind a library names both', async () => {
  const schema = z.string().refine(() => hiddenUses['Math.random']?.() !== undefined)
  const { finding } = await tryOut('decide', () => schema.safeParse('a'))
  expect(finding?.text).toContain(`hidden-uses.ts:${lineOf('Math.random')} uses Math.random`)
  const inLibrary = z.string().transform(Math.random)
  const other = await tryOut('decide', () => inLibrary.safeParse('a'))
  expect(other.finding?.text).toMatch(
    /forbidden-globals\.test\.ts:\d+ \(through .*zod.*:\d+\) uses Math\.random/
  )
})

test('a use in a promise that nobody awaits is found', async () => {
  const { finding } = await tryOut('effect', () => {
    Promise.resolve()
      .then(() => hiddenUses['Date.now']?.())
      .catch(() => undefined)
  })
  expect(finding?.text).toContain(`hidden-uses.ts:${lineOf('Date.now')} uses Date.now`)
})

test('what a simulation makes for the outside world is guarded as its services are', async () => {
  const simulation = defineSimulation({
    outside: () => ({ at: Date.now() }),
    system: () => lamp('decide', () => 0)
  })
  await expect(runTrial(simulation, { seed: 1, kind: 'chaos' })).rejects.toThrow(
    /forbidden-globals\.test\.ts:\d+ uses Date\.now/
  )
})

test('after a run everything is as it was', async () => {
  const { finding } = await tryOut('reaction', hiddenUses['Date.now'] as () => unknown)
  expect(finding?.oracle).toBe('no-hidden-inputs')
  const before = Date.now()
  expect(new Date().toISOString() >= new Date(before).toISOString()).toBe(true)
  expect(new Date()).toBeInstanceOf(Date)
  expect(new Date(5).constructor).toBe(Date)
  expect(Date()).toContain(String(new Date().getFullYear()))
  expect(Math.random()).not.toBe(Math.random())
  expect(performance.now()).toBeGreaterThan(0)
  expect(crypto.randomUUID()).toHaveLength(36)
  expect((await crypto.subtle.digest('SHA-256', new Uint8Array(1))).byteLength).toBe(32)
  expect(readFileSync(new URL(import.meta.url), 'utf8')).toContain('a run everything is as it was')
  const fired = await new Promise((resolve) => setImmediate(resolve, 'fired'))
  expect(fired).toBe('fired')
})
