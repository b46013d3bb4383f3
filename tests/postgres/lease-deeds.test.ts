import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ParkedMessage } from '../../src/ports/index.ts'
import type { RunningService, RunningSystem } from '../../src/runtime/index.ts'
import { proveAll } from '../runtime/oracle.ts'
import { postgresMissing } from '../servers/postgres-binaries.ts'
import { PostgresServer } from '../servers/postgres-server.ts'
import { available } from '../servers/required.ts'
import { SharedBank, until } from './shared-bank.ts'
import { failureOf, newSchema } from './stage.ts'

describe.runIf(available('postgres', postgresMissing()))(
  'deeds at an instance that does not hold the part',
  () => {
    let server: PostgresServer

    beforeAll(async () => {
      server = await PostgresServer.start()
    }, 60_000)
    afterAll(() => server.remove())

    interface Two {
      readonly on: SharedBank
      readonly holder: RunningService
      readonly other: RunningService
      readonly heal: () => void
    }

    /** Two instances of the bank, and of a service the one that works for a unit and the one that does not. */
    async function twoOf(service: string, unit: string): Promise<Two> {
      const on = new SharedBank(server, newSchema())
      let ill = true
      const check = (): void => {
        if (ill) throw new Error('It is ill.')
      }
      const post = async (_: string, { idempotencyKey }: { idempotencyKey: string }) => {
        check()
        throw new Error(idempotencyKey)
      }
      for (let count = 0; count < 2; count++)
        await on.start({
          name: `i${count}`,
          url: `http://i${count}.test`,
          bank: { faults: { fold: check, react: check }, ...(unit === 'postman' ? { post } : {}) }
        })
      await on.shared(2)
      await on.insist('bank', 'Deposit', 'ann', { pence: 1_000 })
      const [one, two] = on.running as [RunningSystem, RunningSystem]
      const holds = async (system: RunningSystem): Promise<boolean> => {
        const { subscriptions, instance } = await system.service(service).status()
        return subscriptions.some((each) => each.subscription === unit && each.heldBy === instance)
      }
      const [holder, other] = await until(`one of both holds ${unit}`, async () => {
        const [here, there] = [await holds(one), await holds(two)]
        return here !== there && (here ? [one, two] : [two, one])
      })
      return {
        on,
        holder: holder.service(service),
        other: other.service(service),
        heal: () => {
          ill = false
        }
      }
    }

    async function transfer(on: SharedBank, key: string): Promise<void> {
      await on.insist('transfers', 'RequestTransfer', key, { from: 'ann', to: 'bob', pence: 10 })
    }

    async function deadOf(service: RunningService, subscription: string): Promise<ParkedMessage> {
      return until(`${subscription} has a dead letter`, async () => {
        const found = await service.deadLetters.list({ subscription, status: ['dead'], limit: 1 })
        return found[0]
      })
    }

    test('I16: a dead letter is redriven, and what waits behind it follows in order', async () => {
      const { on, other, heal } = await twoOf('notices', 'statement')
      for (const key of ['t1', 't2']) await transfer(on, key)
      const { number } = await deadOf(other, 'statement')
      expect(await other.deadLetters.redrive(number, 'eve')).toEqual({ number, state: 'dead' })
      await until('one waits behind another', async () => {
        const behind = await other.deadLetters.list({
          subscription: 'statement',
          status: ['behind'],
          limit: 9
        })
        return behind.length >= 2
      })
      const redriveAll = async (subscription: string): Promise<void> => {
        const dead = await until('all are dead', async () => {
          const all = await other.deadLetters.list({ subscription, limit: 99 })
          return all.every(({ status }) => status === 'dead' || status === 'behind') && all
        })
        for (const each of dead.filter(({ status }) => status === 'dead'))
          expect(await other.deadLetters.redrive(each.number, 'eve')).toEqual({
            number: each.number,
            state: 'done'
          })
      }
      heal()
      await redriveAll('statement')
      expect((await failureOf(other.deadLetters.redrive(number, 'eve'))).code).toBe('DEAD_LETTER_UNKNOWN')
      for (const key of ['t1', 't2'])
        await until('the row is whole', async () => {
          const found = (await other.row('statement', key).catch(() => undefined)) as
            | { moves: string[] }
            | undefined
          return found?.moves.join() === 'credited,debited,settled'
        })
      const actions = (await other.deadLetters.audit(20)).map(({ action }) => action)
      expect(actions.filter((action) => action === 'dead-letter.redrive')).toHaveLength(5)
      await redriveAll('clerk')
      await on.settled()
      const [one] = on.running as [RunningSystem]
      await on.stop(on.running[1] as RunningSystem)
      await on.shared(1)
      await on.settled()
      await proveAll({ system: one, settled: () => on.settled() }, 5)
    }, 240_000)

    test('what was edited at one instance is what is redriven at the other, at once', async () => {
      const { on, holder, other, heal } = await twoOf('notices', 'clerk')
      await transfer(on, 't1')
      const { number, message } = await deadOf(other, 'clerk')
      const edited = { ...(message.data as object), transfer: 't1-edited' }
      expect((await other.deadLetters.edit(number, edited, 'eve')).message.data).toEqual(edited)
      heal()
      expect(await holder.deadLetters.redrive(number, 'eve')).toMatchObject({ state: 'done' })
      await until('the edited one took effect', async () => other.entity('notice', 't1-edited'))
      expect(await other.entity('notice', 't1')).toBeUndefined()
    }, 240_000)

    test('I20: a dead letter is discarded, counts as dealt with, and its key goes on', async () => {
      const { on, holder, other, heal } = await twoOf('notices', 'clerk')
      await transfer(on, 't1')
      const { number } = await deadOf(other, 'clerk')
      await other.deadLetters.discard(number, 'not wanted', 'eve')
      expect((await failureOf(holder.deadLetters.discard(number, 'again', 'eve'))).code).toBe(
        'DEAD_LETTER_UNKNOWN'
      )
      heal()
      for (const each of await other.deadLetters.list({
        subscription: 'statement',
        status: ['dead'],
        limit: 9
      }))
        await other.deadLetters.redrive(each.number, 'eve')
      await transfer(on, 't2')
      await until('the next one is told', async () => other.entity('notice', 't2'))
      await on.settled()
      expect(await holder.check()).toEqual([])
    }, 240_000)

    test('I20: whoever is asked checks the parts that others hold, too, also while they are at work', async () => {
      const { on, holder, other, heal } = await twoOf('notices', 'statement')
      heal()
      for (const key of ['t1', 't2', 't3']) {
        void transfer(on, key)
        expect([await other.check(), await holder.check()]).toEqual([[], []])
      }
      await until('all are told of', async () => other.row('statement', 't3').catch(() => undefined))
      await on.settled()
      await server.admin(
        'postgres',
        `UPDATE notices_${on.suffix}.checkpoint SET done = done - 1
         WHERE subscription = 'statement' AND source = 'transfers' AND done > 0`
      )
      const problem = /notices\/statement: \d messages were passed without being dealt with, but 0 are parked/
      for (const service of [other, holder]) expect((await service.check()).join('\n')).toMatch(problem)
    }, 240_000)

    test('an effect is redriven by its holder', async () => {
      const { on, other, heal } = await twoOf('notices', 'postman')
      heal()
      await transfer(on, 't1')
      const { number } = await deadOf(other, 'postman')
      expect(await other.deadLetters.redrive(number, 'eve')).toEqual({ number, state: 'dead' })
      expect((await other.deadLetters.show(number)).failure).toContain('EFFECT_FAILED')
    }, 240_000)

    test('I10: a projection is rebuilt by its holder; who asked sees it, and reads go on at every instance', async () => {
      const { on, holder, other, heal } = await twoOf('notices', 'statement')
      heal()
      for (let index = 0; index < 5; index++) await transfer(on, `t${index}`)
      await on.settled()
      const before = await other.rowsHash('statement')
      expect(before.rows).toBe(5)
      const asked = await other.rebuild('statement', 'eve')
      expect(asked).toMatchObject({ unit: 'statement', generation: 2 })
      const again = await other.rebuild('statement', 'eve').then(
        () => 'done already',
        ({ code }: { code: string }) => code
      )
      expect(['REBUILD_RUNNING', 'done already']).toContain(again)
      for (const service of [other, holder])
        await until('it is done', async () => {
          expect(await service.row('statement', 't0')).toMatchObject({ pence: 0 })
          expect(
            (await service.query('statement', { filters: [], orderBy: 'key', descending: false, limit: 9 }))
              .rows
          ).toHaveLength(5)
          const { rebuilds } = await service.status()
          return rebuilds.some(({ unit, state }) => unit === 'statement' && state === 'done')
        })
      for (const service of [other, holder]) expect(await service.rowsHash('statement')).toEqual(before)
      const { instances } = await other.status()
      expect(instances.map(({ url }) => url)).toEqual(['http://i0.test', 'http://i1.test'])
    }, 240_000)
  }
)
