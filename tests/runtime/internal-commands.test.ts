import { expect, test } from 'vitest'
import { z } from 'zod'
import {
  actor,
  contract,
  processManager,
  type SystemDefinition,
  service,
  stateMachine,
  system
} from '../../src/index.ts'
import { proveBalance } from './oracle.ts'
import { codeOf, type Stage, stage } from './stage.ts'

const nothing = z.object({})
const desk = contract('desk')
const Ask = desk.command('Ask', nothing)
const Record = desk.command('Record', z.object({ by: z.string() }), { internal: true })
const Asked = desk.event('Asked', nothing)
const Recorded = desk.event('Recorded', z.object({ by: z.string() }))
const others = contract('others')
const Failed = others.event('Failed', z.object({ reason: z.string() }))

type Request = { readonly status: 'new' | 'asked' | 'recorded' }

const request = stateMachine<Request>('request', { status: 'new' })
  .evolve(Asked, { from: 'new', to: 'asked' }, () => ({ status: 'asked' }))
  .evolve(Recorded, { from: 'asked', to: 'recorded' }, () => ({ status: 'recorded' }))
  .on(Ask, { from: 'new', emits: Asked }, () => Asked({}))
  .on(Record, { from: 'asked', emits: Recorded }, (_, { by }) => Recorded({ by }))

const byKey = (_: unknown, { key }: { readonly key: string }) => key
const clerk = actor('clerk').on(Asked, (_, { key }) => Record.for(key, { by: 'clerk' }))
const meddler = processManager('meddler')
  .startsWith(Asked, byKey, (_, { key }) => ({ key }))
  .step('record', (step) =>
    step
      .send(({ key }) => Record.for(key, { by: 'meddler' }))
      .doneBy(Recorded, byKey)
      .stays()
  )
  .fails((_, { reason }) => Failed({ reason }))

const office = (own: boolean): SystemDefinition =>
  system('office', [service(desk, own ? [request, clerk] : [request]), service(others, [meddler])])

const statusOf = async (on: Stage): Promise<unknown> =>
  (await on.service('desk').entity('request', 'r1'))?.state.status

test('a part of the same service sends an internal command', async () => {
  const on = await stage(office(true))
  await on.accepted('desk', 'Ask', 'r1', {})
  await on.settled()
  expect(await statusOf(on)).toBe('recorded')
  expect((await on.service('desk').history('request', 'r1')).at(-1)?.data).toEqual({ by: 'clerk' })
  for (const name of ['desk', 'others']) await proveBalance(on.service(name))
})

test('an internal command of another service is refused when it arrives, and its sender hears why', async () => {
  const on = await stage(office(false))
  await on.accepted('desk', 'Ask', 'r1', {})
  await on.settled()
  expect(await statusOf(on)).toBe('asked')
  expect((await on.service('others').entity('meddler', 'r1'))?.state).toMatchObject({
    status: 'failed',
    failure: {
      why: 'refused',
      reason: 'internal-command: Record is internal to desk: only its own parts send it; others did.'
    }
  })
  for (const name of ['desk', 'others']) {
    expect(await on.service(name).deadLetters.list({ limit: 10 })).toEqual([])
    await proveBalance(on.service(name))
  }
})

test('nobody outside can send an internal command', async () => {
  const on = await stage(office(true))
  expect(await codeOf(on.send('desk', 'Record', 'r1', { by: 'ann' }))).toBe('COMMAND_UNKNOWN')
})
