import { expect, test } from 'vitest'
import { z } from 'zod'
import {
  actor,
  contract,
  type OutgoingMessage,
  processManager,
  type SystemDefinition,
  service,
  stateMachine,
  system
} from '../../src/index.ts'
import { type Stage, stage } from './stage.ts'

const Door = z.object({ door: z.string() })
const house = contract('house')
const Knock = house.command('Knock', Door)
const Open = house.command('Open', Door)
const Knocked = house.event('Knocked', Door)
const Opened = house.event('Opened', Door)
const Rang = house.event('Rang', Door)
const Barked = contract('street').event('Barked', Door)

type DoorState = { readonly status: 'closed' | 'open' }

const door = stateMachine<DoorState>('door', { status: 'closed' })
  .evolve(Knocked, { from: 'closed', to: 'closed' }, (state) => state)
  .evolve(Opened, { from: 'closed', to: 'open' }, () => ({ status: 'open' }))
  .on(Knock, { from: 'closed', emits: Knocked }, (_, command) => Knocked(command))
  .on(Open, { from: 'closed', emits: Opened }, (_, command) => Opened(command))

type Says = (data: { readonly door: string }) => OutgoingMessage

const byDoor = ({ door }: { readonly door: string }) => door
const speakers: Readonly<Record<string, (says: Says) => SystemDefinition>> = {
  'an actor': (says) => housed(actor('porter').on(Knocked, says)),
  'an effect': (says) =>
    housed(actor('porter').effect(Knocked, { retry: { attempts: 2 } }, async (data) => says(data))),
  'a fallback': (says) =>
    housed(
      actor('porter').effect(Knocked, { retry: { attempts: 1 }, fallback: says }, () =>
        Promise.reject(new Error('Nobody is in.'))
      )
    ),
  'a process': (says) =>
    housed(
      processManager('porter')
        .startsWith(Knocked, byDoor)
        .step('hear', (step) => step.doneBy(Knocked, byDoor))
        .completes(says)
    )
}

function housed(porter: Parameters<typeof service>[1][number]): SystemDefinition {
  return system('town', [service(house, [door, porter])])
}

/** Somebody knocks; what the porter said of it fails for good. */
async function failureAfterKnock(on: Stage): Promise<string> {
  await on.accepted('house', 'Knock', 'd1', { door: 'd1' })
  const dead = () => on.service('house').deadLetters.list({ limit: 10, status: ['dead'] })
  await on.until('a message is dead', async () => (await dead()).length > 0)
  const [letter] = await dead()
  return letter?.failure ?? ''
}

const typesOf = async (on: Stage): Promise<readonly string[]> => {
  const said: string[] = []
  const store = on.store('house')
  for (let partition = 0; partition < store.partitions; partition++)
    said.push(...(await store.read(partition, 0, 100)).map(({ type }) => type))
  return said
}

test.each(['an actor', 'an effect', 'a process'])(
  '%s cannot say an event that a state machine evolves: it is told so, and what to send',
  async (speaker) => {
    const on = await stage(speakers[speaker]?.((data) => Opened(data)) as SystemDefinition)
    const failure = await failureAfterKnock(on)
    expect(failure).toContain("house/porter said Opened, which the machine 'door' owns")
    expect(failure).toContain('Send it Open instead.')
    expect(await typesOf(on)).toEqual(['Knocked'])
    expect((await on.service('house').entity('door', 'd1'))?.state.status).toBe('closed')
  }
)

test('a fallback that says an event of a machine leaves the message dead', async () => {
  const on = await stage(speakers['a fallback']?.((data) => Opened(data)) as SystemDefinition)
  expect(await failureAfterKnock(on)).toContain('Nobody is in.')
  expect(on.lines.map(({ fields }) => String(fields['failure'])).join('\n')).toContain('porter said Opened')
  expect(await typesOf(on)).toEqual(['Knocked'])
})

test.each(['an actor', 'a process'])('%s cannot say an event of another service', async (speaker) => {
  const on = await stage(speakers[speaker]?.((data) => Barked(data)) as SystemDefinition)
  expect(await failureAfterKnock(on)).toContain('house/porter said Barked, which belongs to street')
  expect(await typesOf(on)).toEqual(['Knocked'])
})

test.each(Object.entries(speakers))(
  '%s may say an event of its own service that no machine evolves',
  async (_, of) => {
    const on = await stage(of((data) => Rang(data)))
    await on.accepted('house', 'Knock', 'd1', { door: 'd1' })
    await on.settled()
    expect((await typesOf(on)).toSorted()).toEqual(['Knocked', 'Rang'])
  }
)
