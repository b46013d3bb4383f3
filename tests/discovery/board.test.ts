import { Kvm } from '@nats-io/kv'
import { connect } from '@nats-io/transport-node'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { natsBoard } from '../../src/adapters/nats/index.ts'
import { systemClock } from '../../src/adapters/node/index.ts'
import { postgresBoard, postgresBoardScript } from '../../src/adapters/postgres/index.ts'
import {
  boardDiscovery,
  type Clock,
  type Discovery,
  type InstanceBoard,
  noticeMs
} from '../../src/ports/index.ts'
import { type NatsServer, natsMissing, natsServer } from '../servers/nats-server.ts'
import { postgresMissing } from '../servers/postgres-binaries.ts'
import { PostgresServer } from '../servers/postgres-server.ts'
import { available } from '../servers/required.ts'
import { until } from '../system/child.ts'

const clock = systemClock()
/** A clock on which looks come often; how long a notice is kept is the board's matter. */
const hasty: Clock = { ...clock, schedule: (ms, task) => clock.schedule(ms / 5, task) }

/** A server with a board, and how it is taken away and brought back. */
interface BoardServer {
  board(): Promise<InstanceBoard>
  leave(): Promise<void>
  comeBack(): Promise<void>
  remove(): Promise<void>
}

async function onPostgres(): Promise<BoardServer> {
  const server = await PostgresServer.start()
  await server.admin('postgres', 'CREATE ROLE sales LOGIN', ...postgresBoardScript(['sales']).split('\n'))
  return {
    board: async () => postgresBoard({ pool: server.pool('postgres', 'sales') }),
    leave: () => server.stop('immediate'),
    comeBack: () => server.begin(),
    remove: () => server.remove()
  }
}

async function onNats(): Promise<BoardServer> {
  const server: NatsServer = await natsServer()
  return {
    async board() {
      const connection = await connect({
        servers: server.url,
        maxReconnectAttempts: -1,
        reconnectTimeWait: 50,
        timeout: 1_000
      })
      const bucket = () => new Kvm(connection).create('instances', { ttl: noticeMs, history: 1 })
      return natsBoard({ bucket, close: () => connection.close() })
    },
    leave: () => server.kill(),
    async comeBack() {
      server.wipe()
      await server.start()
    },
    remove: () => server.remove()
  }
}

const servers: readonly (readonly [
  name: 'postgres' | 'nats',
  missing: string | undefined,
  start: () => Promise<BoardServer>
])[] = [
  ['postgres', postgresMissing(), onPostgres],
  ['nats', natsMissing(), onNats]
]

for (const [name, missing, start] of servers)
  describe.runIf(available(name, missing))(`instances on a board of ${name}`, () => {
    let server: BoardServer

    beforeAll(async () => {
      server = await start()
    })
    afterAll(() => server.remove())

    async function discovery(time: Clock = clock): Promise<Discovery> {
      const opened = await boardDiscovery({ board: await server.board(), clock: time })
      let isOpen = true
      const close = opened.close.bind(opened)
      opened.close = async () => {
        if (isOpen) await close()
        isOpen = false
      }
      onTestFinished(() => opened.close())
      return opened
    }

    const seen = (by: Discovery, service: string, urls: readonly string[]): Promise<unknown> =>
      until(
        `${service} is at ${urls.join() || 'nowhere'}`,
        async () => `${by.addresses(service)}` === `${urls}`
      )

    test('whoever registers is seen by all, in one order, and whoever leaves is forgotten', async () => {
      const [one, other, watcher] = [await discovery(), await discovery(), await discovery()]
      const leaveTwo = await one.register(['sales', 'billing'], 'http://127.0.0.1:2')
      const leaveOne = await other.register(['sales'], 'http://127.0.0.1:1')
      for (const each of [one, other, watcher])
        await seen(each, 'sales', ['http://127.0.0.1:1', 'http://127.0.0.1:2'])
      expect(watcher.addresses('billing')).toEqual(['http://127.0.0.1:2'])
      expect(watcher.addresses('shipping')).toEqual([])
      await leaveTwo()
      await seen(watcher, 'billing', [])
      await seen(watcher, 'sales', ['http://127.0.0.1:1'])
      await leaveOne()
      await seen(watcher, 'sales', [])
    })

    test('an instance that dies is forgotten within seconds, and one that lives is not', async () => {
      const [dying, living, watcher] = [await discovery(), await discovery(), await discovery()]
      await dying.register(['stock'], 'http://127.0.0.1:8')
      const leave = await living.register(['stock'], 'http://127.0.0.1:9')
      await seen(watcher, 'stock', ['http://127.0.0.1:8', 'http://127.0.0.1:9'])
      await dying.close()
      await seen(watcher, 'stock', ['http://127.0.0.1:9'])
      await leave()
    })

    test('one that takes no work is found only where no other one does, and again when it does', async () => {
      const [one, other, watcher] = [await discovery(hasty), await discovery(hasty), await discovery(hasty)]
      const [first, second] = ['http://127.0.0.1:5', 'http://127.0.0.1:6']
      const takesWork = new Map([
        [first, true],
        [second, true]
      ])
      const leaving = [
        await one.register(['tax'], first, async () => takesWork.get(first) ?? false),
        await other.register(['tax'], second, async () => takesWork.get(second) ?? false)
      ]
      await seen(watcher, 'tax', [first, second])
      takesWork.set(first, false)
      await seen(watcher, 'tax', [second])
      takesWork.set(second, false)
      await seen(watcher, 'tax', [first, second])
      takesWork.set(first, true)
      await seen(watcher, 'tax', [first])
      takesWork.set(second, true)
      await seen(watcher, 'tax', [first, second])
      for (const leave of leaving) await leave()
      await seen(watcher, 'tax', [])
    })

    test('while the board is away those known last are used, and afterwards all are there again', async () => {
      const [one, watcher] = [await discovery(), await discovery()]
      const leave = await one.register(['mail'], 'http://127.0.0.1:7')
      await seen(watcher, 'mail', ['http://127.0.0.1:7'])
      await server.leave()
      const late = one.register(['print'], 'http://127.0.0.1:7')
      await late
      expect(watcher.addresses('mail')).toEqual(['http://127.0.0.1:7'])
      await server.comeBack()
      await seen(watcher, 'print', ['http://127.0.0.1:7'])
      expect(watcher.addresses('mail')).toEqual(['http://127.0.0.1:7'])
      await leave()
      await seen(watcher, 'mail', [])
    })
  })

test.runIf(available('postgres', postgresMissing()))(
  'a database without the table says how it is made',
  async () => {
    const server = await PostgresServer.start()
    onTestFinished(() => server.remove())
    const board = postgresBoard({ pool: server.pool('postgres') })
    const opened = boardDiscovery({ board, clock: systemClock() })
    await expect(opened).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      details: { hint: expect.stringContaining('CREATE UNLOGGED TABLE "discovery".instance') }
    })
  }
)

describe.runIf(available('postgres', postgresMissing()))('a table of instances of an older version', () => {
  test('is told with what mends it, and then it is one of this version', async () => {
    const server = await PostgresServer.start()
    onTestFinished(() => server.remove())
    await server.admin(
      'postgres',
      'CREATE ROLE sales LOGIN',
      ...postgresBoardScript(['sales']).split('\n'),
      'ALTER TABLE discovery.instance DROP COLUMN ready'
    )
    const board = postgresBoard({ pool: server.pool('postgres', 'sales') })
    onTestFinished(() => board.close())
    const notice = { service: 'sales', url: 'http://127.0.0.1:4001', isReady: true }
    const told = await board.post([notice]).then(
      () => '',
      (thrown: { readonly code: string; readonly message: string }) => `${thrown.code} ${thrown.message}`
    )
    const [, mend = ''] = /^CONFIG_INVALID .* An administrator runs: (ALTER TABLE .*;)/s.exec(told) ?? []
    expect(told).toContain('ADD COLUMN ready')
    await server.admin('postgres', mend)
    await board.post([notice])
    expect(await board.read()).toEqual([notice])
    // One of the older version still tells of itself.
    await server.admin(
      'postgres',
      "INSERT INTO discovery.instance (service, url, seen) VALUES ('billing', 'http://127.0.0.1:4002', clock_timestamp())"
    )
    expect(await board.read()).toContainEqual({ ...notice, service: 'billing', url: 'http://127.0.0.1:4002' })
  })
})
