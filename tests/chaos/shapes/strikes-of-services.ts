import { setTimeout as pause } from 'node:timers/promises'
import { limitsDefault } from '../../../src/runtime/limits.ts'
import { between, inPercent } from '../chance.ts'
import type { Strike } from './strike.ts'

/** A process of a service is gone, sometimes all processes, sometimes one again while it starts. */
const serviceKill: Strike = {
  name: 'service-kill',
  story: 'kill -9 of processes of services at random, also while they start',
  quick: true,
  async strike(bank) {
    const all = inPercent(25)
    const first = bank.anyProcess()
    const killed = await Promise.all((all ? bank.processes : [first]).map((each) => each.kill()))
    if (inPercent(30)) {
      await pause(between(150, 900))
      await first.kill()
    }
    return killed.every(Boolean)
  }
}

/** A process believes that it still works for parts of its service when it goes on, and others do that meanwhile. */
const servicePause: Strike = {
  name: 'service-pause',
  story: 'a process stands still for longer than leases last, and goes on as if nothing had happened',
  async strike(bank) {
    const paused = bank.anyProcess()
    const stands = await paused.pause()
    try {
      await pause(limitsDefault.leaseMs + between(500, 2_500))
    } finally {
      paused.resume()
    }
    return stands
  }
}

/** Other processes go on meanwhile, and what they sent it is answered or sent again. */
const serviceRestart: Strike = {
  name: 'service-restart',
  story: 'processes of services are stopped in good order and started again',
  quick: true,
  async strike(bank) {
    const stopped = inPercent(25) ? bank.processes : [bank.anyProcess()]
    return (await Promise.all(stopped.map((each) => each.stop()))).every(Boolean)
  }
}

export const strikesOfServices: readonly Strike[] = [serviceKill, serviceRestart, servicePause]
