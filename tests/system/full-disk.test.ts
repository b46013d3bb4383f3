import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Failure } from '../../src/index.ts'
import type { RunningSystem } from '../../src/runtime/index.ts'
import { proveAll } from '../runtime/oracle.ts'
import { tellSkipped } from '../servers/required.ts'
import { smallDisk, whyNoSmallDisk } from './small-disk.ts'
import { startBank } from './start-bank.ts'

const reason = whyNoSmallDisk()
if (reason) tellSkipped('the tests of a full disk', `${reason}.`)

const note = 'x'.repeat(2_000)

/** Deposits until the store says no; gives what was acknowledged, and the failure. */
async function fill(bank: RunningSystem, acked: string[]): Promise<Failure> {
  for (;;) {
    const key = `a${acked.length % 50}`
    const answers = await Promise.allSettled(
      Array.from({ length: 10 }, () =>
        bank.service('bank').send({ type: 'Deposit', key, data: { pence: 1, note } })
      )
    )
    for (const one of answers)
      if (one.status === 'fulfilled' && one.value.outcome === 'accepted') acked.push(one.value.position)
    const refused = answers.find((one) => one.status === 'rejected')
    if (refused) return refused.reason as Failure
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test.skipIf(reason !== undefined)(
  'I2 I22: on a full disk nothing is acknowledged, everything acknowledged is kept, and work goes on when there is room',
  async () => {
    const disk = smallDisk(6)
    if (typeof disk === 'string') throw new Error(disk)
    const ballast = join(disk.directory, 'ballast')
    writeFileSync(ballast, Buffer.alloc(3 * 1024 * 1024))
    let bank = await startBank(disk.directory)
    onTestFinished(async () => {
      await bank.stop()
      disk.unmount()
    })
    const acked: string[] = []
    const failure = await fill(bank, acked)
    expect(failure).toBeInstanceOf(Failure)
    expect(failure.code).toBe('STORE_FULL')
    expect(acked.length).toBeGreaterThan(50)
    for (let more = 0; more < 20; more++) {
      const sent = bank.service('bank').send({ type: 'Deposit', key: 'more', data: { pence: 1, note } })
      expect(await sent.catch((thrown: Failure) => thrown.code)).toBe('STORE_FULL')
    }
    expect((await bank.service('bank').status()).state).toBe('store-down')

    rmSync(ballast)
    while ((await bank.service('bank').status()).state !== 'running') await turn()
    await bank.idle()
    const again = await bank
      .service('bank')
      .send({ type: 'Deposit', key: 'more', data: { pence: 1, note: 'room' } })
    expect(again.outcome).toBe('accepted')
    await bank.idle()
    const { rows } = await proveAll({ system: bank, settled: () => bank.idle() })
    expect(rows).toBeGreaterThanOrEqual(acked.length)

    await bank.stop()
    bank = await startBank(disk.directory)
    for (const position of acked) {
      const [, partition, at] = position.split(':').map(Number)
      expect(await bank.service('bank').feed.read(partition ?? 0, (at ?? 0) - 1, 1)).toMatchObject([
        { type: 'Deposited' }
      ])
    }
  },
  120_000
)
