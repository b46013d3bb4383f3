import { describe } from 'vitest'
import { leaseConformance, type StoreOpener, storeConformance } from '../../src/conformance/index.ts'
import { Disk } from '../../src/simulator/disk.ts'
import { Faults } from '../../src/simulator/faults.ts'
import type { Host } from '../../src/simulator/host.ts'
import { randomStream } from '../../src/simulator/random.ts'
import { SimulatedStore } from '../../src/simulator/simulated-store.ts'
import { World } from '../../src/simulator/world.ts'
import { bindCases } from './bind-cases.ts'

/** A store in a world without faults that goes on by itself as long as there is something to come. */
async function openSimulated(
  { service, partitions }: Parameters<StoreOpener>[0],
  isShared = false
): ReturnType<StoreOpener> {
  const world = new World()
  const disk = new Disk(service, partitions)
  const host: Host = {
    name: 'harbour',
    world,
    life: { alive: true, pausedUntilMs: 0 },
    faults: new Faults(1, {}, () => world.nowMs),
    random: randomStream(1, 'latency'),
    crash: () => new Promise(() => undefined)
  }
  let isOpen = true
  const goOn = async (): Promise<void> => {
    while (isOpen) {
      await world.run(world.nowMs + 1, () => false)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  void goOn()
  return {
    open: async () => new SimulatedStore(disk, host, undefined, isShared),
    remove: async () => {
      isOpen = false
    }
  }
}

describe('the store of a simulated world', () => {
  bindCases(
    storeConformance((wanted) => openSimulated(wanted)),
    70
  )
  describe('shared by several nodes', () =>
    bindCases(
      leaseConformance((wanted) => openSimulated(wanted, true)),
      13
    ))
})
