import { describe, expect, onTestFinished, test } from 'vitest'
import { Load, type SplitBank, splitBank } from '../brokers/split-bank.ts'
import { until } from '../brokers/until.ts'
import { proveAll } from '../runtime/oracle.ts'
import { type KafkaServer, kafkaMissing, kafkaServer } from '../servers/kafka-server.ts'
import { available } from '../servers/required.ts'
import { type ConnectedBus, connectedBus } from './connected.ts'

type Bank = SplitBank<ConnectedBus>

async function started(): Promise<{ readonly server: KafkaServer; readonly bank: Bank }> {
  const server = await kafkaServer()
  onTestFinished(() => server.remove())
  const bank = await splitBank((feeds, services) => connectedBus([server.address], { feeds, services }))
  onTestFinished(() => bank.close())
  for (const account of ['ann', 'bob', 'cid', 'dan'])
    await bank.insist('bank', 'Deposit', account, { pence: 2_000, note: account })
  return { server, bank }
}

const heard = (bank: Bank): number => Math.min(...bank.buses.map(({ bus }) => bus.counts.heard))
const sum = (bank: Bank, count: 'topicsCreated' | 'reconnects'): number =>
  bank.buses.reduce((all, { bus }) => all + bus.counts[count], 0)

/** Lets the load go on until both halves have heard so many more rows from the broker itself. */
async function heardMore(bank: Bank, rows: number): Promise<void> {
  const before = heard(bank)
  await until(`${rows} rows more come by the broker`, () => heard(bank) >= before + rows)
}

/** How many messages the topic of a service has had since it was created, as the broker counts them. */
async function messagesOf(bank: Bank, service: string): Promise<number> {
  const { admin } = bank.buses[0]
  const name = `skerry.${service}`
  const { topics } = await admin.metadata({ topics: [name], forceUpdate: true })
  const partitions = (topics.get(name)?.partitions ?? []).map((_, partitionIndex) => ({
    partitionIndex,
    timestamp: -1n
  }))
  const [listed] = await admin.listOffsets({ topics: [{ name, partitions }] })
  return (listed?.partitions ?? []).reduce((all, { offset }) => all + Number(offset), 0)
}

/** How many rows the log of a service has. */
async function rowsOf(bank: Bank, service: string): Promise<number> {
  const heads = await bank.system.service(service).feed.heads()
  return heads.reduce((all, head) => all + head, 0)
}

describe.skipIf(!available('kafka', kafkaMissing()))('the data of the brokers', () => {
  test('I1 I4 I7 I12: wiped in mid-run, nothing is lost, doubled or reordered', async () => {
    const { server, bank } = await started()
    const load = new Load(bank, 'wiped')
    await heardMore(bank, 100)
    const [sentBefore, kept] = [load.sent, await messagesOf(bank, 'transfers')]
    const created = sum(bank, 'topicsCreated')
    await server.kill()
    server.wipe()
    await until('transfers are taken without a broker', () => load.sent > sentBefore + 20)
    await server.start()
    await until('both hear again', () => sum(bank, 'reconnects') >= 2)
    await heardMore(bank, 100)
    await load.end()
    expect(created).toBe(3)
    expect(sum(bank, 'topicsCreated')).toBe(6)
    expect(kept).toBeGreaterThan(50)
    await bank.settled()
    const { transfers } = await proveAll(bank, 500)
    expect(transfers.settled + transfers.failed).toBe(load.sent)
    expect(Math.min(transfers.settled, transfers.failed)).toBeGreaterThan(0)
    // The topic was created anew: it cannot have what was said before.
    expect(await messagesOf(bank, 'transfers')).toBeLessThan((await rowsOf(bank, 'transfers')) - kept / 2)
    expect(bank.buses.every(({ bus }) => bus.counts.foreign === 0)).toBe(true)
  })

  test('I1 I4 I7 I12: topics deleted in mid-run are created again, and nothing is lost, doubled or reordered', async () => {
    const { bank } = await started()
    const load = new Load(bank, 'deleted')
    await heardMore(bank, 100)
    const kept = await messagesOf(bank, 'transfers')
    const created = sum(bank, 'topicsCreated')
    await bank.buses[0].admin.deleteTopics({ topics: ['skerry.bank', 'skerry.transfers'] })
    await until('both are there again', () => sum(bank, 'topicsCreated') === created + 2)
    await until('both hear again', () => sum(bank, 'reconnects') >= 2)
    await heardMore(bank, 100)
    await load.end()
    expect(kept).toBeGreaterThan(50)
    await bank.settled()
    const { transfers } = await proveAll(bank, 500)
    expect(transfers.settled + transfers.failed).toBe(load.sent)
    expect(await messagesOf(bank, 'transfers')).toBeLessThan((await rowsOf(bank, 'transfers')) - kept / 2)
  })

  test('I1 I4 I7 I12: put back to an older copy in mid-run, nothing is lost, doubled or reordered', async () => {
    const { server, bank } = await started()
    const load = new Load(bank, 'restored')
    await heardMore(bank, 50)
    await server.stop()
    server.save()
    await server.start()
    await until('both hear again', () => sum(bank, 'reconnects') >= 2)
    const copied = await messagesOf(bank, 'transfers')
    // Who comes back hears again what the topic had before.
    await until('the topic has more', async () => (await messagesOf(bank, 'transfers')) > copied + 50)
    const lost = await messagesOf(bank, 'transfers')
    const before = sum(bank, 'reconnects')
    await server.kill()
    server.restore()
    await server.start()
    await until('both hear once more', () => sum(bank, 'reconnects') >= before + 2)
    await heardMore(bank, 100)
    await load.end()
    expect(copied).toBeGreaterThan(0)
    expect(lost).toBeGreaterThan(copied)
    await bank.settled()
    const { transfers } = await proveAll(bank, 500)
    expect(transfers.settled + transfers.failed).toBe(load.sent)
    // What lay between the copy and the fault is missing in the topic, and in nothing else.
    expect(await messagesOf(bank, 'transfers')).toBeLessThan(
      (await rowsOf(bank, 'transfers')) - (lost - copied) / 2
    )
    expect(sum(bank, 'topicsCreated')).toBe(3)
  })
})
