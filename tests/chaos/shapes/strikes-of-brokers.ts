import { setTimeout as pause } from 'node:timers/promises'
import { between } from '../chance.ts'
import type { DeployedBank } from './deployed-bank.ts'
import type { ChaosBroker } from './shape.ts'
import type { Strike } from './strike.ts'

function brokerOf({ servers: { broker } }: DeployedBank): ChaosBroker {
  if (!broker) throw new Error('This bank has no broker.')
  return broker
}

/** A broker that goes and comes back. What is done meanwhile says whether it has happened. */
function absence(
  name: string,
  story: string,
  end: (broker: ChaosBroker) => Promise<void>,
  meanwhile: (broker: ChaosBroker, bank: DeployedBank) => boolean | Promise<boolean> = () => true
): Strike {
  return {
    name,
    story,
    needs: 'broker',
    async strike(bank) {
      const broker = brokerOf(bank)
      await end(broker)
      try {
        // The broker is no part of what is promised: all goes on without it.
        await bank.probe()
        return await meanwhile(broker, bank)
      } finally {
        await broker.start()
      }
    }
  }
}

const wiped: Strike = {
  ...absence(
    'broker-wipe',
    'the data of the broker are gone',
    (broker) => broker.kill(),
    (broker) => {
      const before = broker.storedBytes
      broker.wipe()
      return broker.storedBytes < before
    }
  ),
  quick: true
}

const olderCopy: Strike = {
  name: 'broker-restore',
  story: 'the data of the broker are put back to an older copy',
  needs: 'broker',
  quick: true,
  async strike(bank) {
    const broker = brokerOf(bank)
    await broker.stop()
    const older = broker.storedBytes
    broker.save()
    await broker.start()
    await bank.probe()
    await bank.busy(100)
    await broker.kill()
    const newer = broker.storedBytes
    broker.restore()
    await broker.start()
    return older > 0 && newer !== older
  }
}

const paused: Strike = {
  name: 'broker-pause',
  story: 'the broker holds its connections and says nothing',
  needs: 'broker',
  quick: true,
  async strike(bank) {
    const broker = brokerOf(bank)
    broker.pause()
    try {
      await pause(between(200, 1_500))
      // The broker is no part of what is promised: all goes on without it.
      await bank.probe()
      return broker.still
    } finally {
      broker.resume()
    }
  }
}

export const strikesOfBrokers: readonly Strike[] = [
  absence('broker-restart', 'the broker is stopped in good order and started again', (broker) =>
    broker.stop()
  ),
  absence('broker-kill', 'kill -9 of the broker', (broker) => broker.kill()),
  wiped,
  olderCopy,
  paused
]
