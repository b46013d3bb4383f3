import { chmodSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { Admin, Producer } from '@platformatic/kafka'
import { describe, expect, onTestFinished, test } from 'vitest'
import { root } from '../../scripts/source-files.ts'
import { kafkaJars } from '../servers/kafka-jars.ts'
import { kafkaMissing } from '../servers/kafka-server.ts'
import { natsMissing } from '../servers/nats-server.ts'
import { postgresMissing } from '../servers/postgres-binaries.ts'
import { isGone } from '../servers/process-state.ts'
import { available } from '../servers/required.ts'
import { childrenOf, until } from './child.ts'
import { isShipped, orderStatus, sendOrder } from './shop-orders.ts'
import { emptyDirectory, Program, runningShop } from './skerry-process.ts'

/** The command, and the directory in which it makes its own. */
function command(
  words: readonly string[],
  env: Readonly<Record<string, string>> = {}
): readonly [Program, place: string] {
  const place = emptyDirectory()
  chmodSync(place, 0o711)
  const { XDG_CACHE_HOME } = process.env
  const program = new Program(process.execPath, [join(root, 'scripts/servers.ts'), ...words], {
    cwd: root,
    env: { TMPDIR: place, ...(XDG_CACHE_HOME === undefined ? {} : { XDG_CACHE_HOME }), ...env }
  })
  // In good order, also when a test failed: nobody else would stop its servers.
  onTestFinished(async () => {
    program.child.kill('SIGTERM')
    await program.ended
  })
  return [program, place]
}

/** The processes that it has started, and those that these have started. */
function serversOf({ child }: Program): readonly number[] {
  const own = childrenOf(child.pid ?? 0)
  return [...own, ...own.flatMap(childrenOf)]
}

/** The processes that were told of something in a directory. */
function startedFor(place: string): readonly string[] {
  const told = (pid: string): string => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    } catch {
      return ''
    }
  }
  return readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && told(pid).includes(place))
}

/** What it tells to export. */
function exported({ output }: Program): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...output.matchAll(/^export (\w+)=(.+)$/gm)].map(([, name, value]) => [name, value])
  )
}

/** Asks it to end, and sees that nothing of it is left. */
async function proveGone(
  program: Program,
  { place, signal, least }: { place: string; signal: NodeJS.Signals; least: number }
): Promise<void> {
  const servers = serversOf(program)
  expect(servers.length).toBeGreaterThanOrEqual(least)
  expect(readdirSync(place)).toHaveLength(1)
  expect(startedFor(place).length).toBeGreaterThanOrEqual(2)
  program.child.kill(signal)
  // Nobody waits patiently; the second one must not end it in the middle of clearing up.
  program.child.kill(signal)
  expect(await program.ended).toMatchObject({ code: 0, errors: '' })
  await until('all processes are gone', async () => servers.every(isGone))
  expect(readdirSync(place)).toEqual([])
}

const all = /^Ctrl-C stops them/m

test('words that it does not know, or that contradict each other, start nothing and are answered with those it knows', async () => {
  const wrong = [
    [['postgrs'], "There is no 'postgrs'."],
    [['nats', 'nats3'], "'nats3' is one too many"]
  ] as const
  for (const [words, sentence] of wrong) {
    const [program, place] = command(words)
    const { code, output, errors } = await program.ended
    expect([code, output, readdirSync(place)]).toEqual([2, '', []])
    expect(errors).toContain(sentence)
    expect(errors).toMatch(/^usage: npm run servers -- \[postgres\] \[nats\|nats3\] \[kafka\|kafka3\]$/m)
  }
})

test('a server that is not installed is named with what installs it, and nothing is started', async () => {
  const [program, place] = command(['postgres', 'kafka'], { XDG_CACHE_HOME: emptyDirectory() })
  const { code, output, errors } = await program.ended
  expect([code, output, readdirSync(place)]).toEqual([1, '', []])
  expect(errors).toMatch(/npm run kafka:jars fetches them|apt-get install openjdk/)
})

describe.runIf(available('postgres', postgresMissing()) && available('nats', natsMissing()))(
  'by default',
  () => {
    test('the shop runs on what it tells to export, and nothing is left when it is stopped', async () => {
      const [program, place] = command([])
      await program.until(all)
      const env = exported(program)
      expect(Object.keys(env)).toEqual(['DATABASE_URL', 'NATS_URL'])
      expect(program.output).toContain('npm start -- --profile nats')
      const config = join(root, 'examples/retail/skerry.config.ts')
      const shop = await runningShop(emptyDirectory(), env, ['--profile', 'nats', '--config', config])
      expect((await sendOrder(shop.url, 'o-1')).status).toBe(200)
      await until('the order is shipped', async () => isShipped(await orderStatus(shop.url, 'o-1')))
      expect(await shop.stop()).toMatchObject({ code: 0 })
      const connection = await connect({ servers: env['NATS_URL'] ?? '' })
      const { streams } = await jetstreamManager(connection)
      const { messages } = (await streams.info('skerry')).state
      await connection.close()
      expect(messages).toBeGreaterThan(0)
      await proveGone(program, { place, signal: 'SIGINT', least: 3 })
    })
  }
)

describe.runIf(available('nats', natsMissing()) && available('kafka', kafkaMissing()))('clusters', () => {
  test('of three keep three copies of what is published to them', async () => {
    const [program, place] = command(['nats3', 'kafka3'])
    await program.until(all)
    expect(program.output).not.toContain('npm start')
    const { NATS_URL = '', KAFKA_BROKERS = '' } = exported(program)
    const servers = NATS_URL.split(',')
    const bootstrapBrokers = KAFKA_BROKERS.split(',')
    expect([servers.length, bootstrapBrokers.length]).toEqual([3, 3])

    const connection = await connect({ servers })
    const { streams } = await jetstreamManager(connection)
    await streams.add({ name: 'news', subjects: ['news.*'], num_replicas: 3 })
    expect((await jetstream(connection).publish('news.one', 'a')).seq).toBe(1)
    await connection.close()

    const admin = new Admin({ clientId: 'test', bootstrapBrokers })
    const [topic] = await admin.createTopics({ topics: ['news'], partitions: 1, replicas: 3 })
    await admin.close()
    expect(topic?.replicas).toBe(3)
    const producer = new Producer({ clientId: 'test', bootstrapBrokers, retries: 20 })
    const message = { topic: 'news', value: Buffer.from('a') }
    const { offsets } = await producer.send({ messages: [message], acks: -1 })
    await producer.close()
    expect(offsets?.[0]?.offset).toBe(0n)
    await proveGone(program, { place, signal: 'SIGTERM', least: 6 })
  })
})

describe.runIf(available('postgres', postgresMissing()) && available('kafka', kafkaMissing()))(
  'a start',
  () => {
    test('in which one server fails ends with what it said, and leaves none of the others', async () => {
      // A broker without its jars: the directory is there, and empty.
      const cache = emptyDirectory()
      mkdirSync(join(cache, 'skerry', basename(kafkaJars())), { recursive: true })
      const [program, place] = command(['postgres', 'kafka'], { XDG_CACHE_HOME: cache })
      const { code, output, errors } = await program.ended
      expect([code, output, readdirSync(place)]).toEqual([1, '', []])
      expect(errors).toMatch(/Kafka is ended: .*kafka\.Kafka/s)
      expect(startedFor(place)).toEqual([])
    })
  }
)
