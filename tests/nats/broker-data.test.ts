import { jetstreamManager } from '@nats-io/jetstream'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Load, type SplitBank, splitBank } from '../brokers/split-bank.ts'
import { until } from '../brokers/until.ts'
import { proveAll } from '../runtime/oracle.ts'
import { type NatsServer, natsMissing, natsServer } from '../servers/nats-server.ts'
import { available } from '../servers/required.ts'
import { type ConnectedBus, connectedBus } from './connected.ts'

async function started(): Promise<{ readonly server: NatsServer; readonly bank: SplitBank<ConnectedBus> }> {
  const server = await natsServer()
  onTestFinished(() => server.remove())
  const bank = await splitBank((feeds) => connectedBus([server.url], { feeds }))
  onTestFinished(() => bank.close())
  for (const account of ['ann', 'bob', 'cid', 'dan'])
    await bank.insist('bank', 'Deposit', account, { pence: 2_000, note: account })
  return { server, bank }
}

const heard = (bank: SplitBank<ConnectedBus>): number =>
  Math.min(...bank.buses.map(({ bus }) => bus.counts.heard))
const reconnects = (bank: SplitBank<ConnectedBus>): number =>
  Math.min(...bank.buses.map(({ bus }) => bus.counts.reconnects))

const streamsCreated = (bank: SplitBank<ConnectedBus>): number =>
  bank.buses.reduce((sum, { bus }) => sum + bus.counts.streamsCreated, 0)

/** Lets the load go on until both halves have heard so many more rows from the broker itself. */
async function heardMore(bank: SplitBank<ConnectedBus>, rows: number): Promise<void> {
  const before = heard(bank)
  await until(`${rows} rows more come by the broker`, () => heard(bank) >= before + rows)
}

/** How many messages the stream has had since it was created, as the server counts them. */
async function lastSequence(bank: SplitBank<ConnectedBus>): Promise<number> {
  const manager = await jetstreamManager(bank.buses[0].connection)
  return (await manager.streams.info('skerry')).state.last_seq
}

describe.skipIf(!available('nats', natsMissing()))('the data of the broker', () => {
  test('I1 I4 I7 I12: wiped in mid-run, nothing is lost, doubled or reordered', async () => {
    const { server, bank } = await started()
    const load = new Load(bank, 'wiped')
    await heardMore(bank, 100)
    const [sentBefore, kept, created] = [load.sent, await lastSequence(bank), streamsCreated(bank)]
    await server.kill()
    server.wipe()
    await until('transfers are taken without a broker', () => load.sent > sentBefore + 20)
    await server.start()
    await until('both are connected again', () => reconnects(bank) >= 1)
    await heardMore(bank, 100)
    await until('the stream is there again', () => streamsCreated(bank) > created)
    await load.end()
    expect(kept).toBeGreaterThan(100)
    await bank.settled()
    const { rows, transfers } = await proveAll(bank, 500)
    expect(transfers.settled + transfers.failed).toBe(load.sent)
    expect(Math.min(transfers.settled, transfers.failed)).toBeGreaterThan(0)
    // The stream was created anew: it cannot have what was said before.
    expect(await lastSequence(bank)).toBeLessThan(rows - kept / 2)
    expect(bank.buses.every(({ bus }) => bus.counts.foreign === 0)).toBe(true)
  })

  test('I1 I4 I7 I12: put back to an older copy in mid-run, nothing is lost, doubled or reordered', async () => {
    const { server, bank } = await started()
    const load = new Load(bank, 'restored')
    await heardMore(bank, 50)
    await server.stop()
    server.save()
    await server.start()
    await until('both are connected again', () => reconnects(bank) >= 1)
    const copied = await lastSequence(bank)
    await heardMore(bank, 200)
    const lost = await lastSequence(bank)
    await server.kill()
    server.restore()
    await server.start()
    await until('both are connected once more', () => reconnects(bank) >= 2)
    await heardMore(bank, 100)
    await load.end()
    expect(copied).toBeGreaterThan(0)
    expect(lost).toBeGreaterThan(copied)
    await bank.settled()
    const { rows, transfers } = await proveAll(bank, 500)
    expect(transfers.settled + transfers.failed).toBe(load.sent)
    // What lay between the copy and the fault is missing in the stream, and in nothing else.
    expect(await lastSequence(bank)).toBeLessThan(rows - (lost - copied) / 2)
  })
})
