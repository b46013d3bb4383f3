import { setTimeout as pause } from 'node:timers/promises'
import { between, inPercent, oneOf } from '../chance.ts'
import { bankServices } from './deployed-bank.ts'
import type { Strike } from './strike.ts'

/** A process of a service is gone, sometimes two or all of them, sometimes again while it starts. */
const serviceKill: Strike = {
  name: 'service-kill',
  story: 'kill -9 of processes of services at random, also while they start',
  quick: true,
  async strike(bank) {
    const all = inPercent(25)
    const first = oneOf(bankServices)
    const victims = all ? bankServices : [first]
    const killed = await Promise.all(victims.map((service) => bank.service(service).kill()))
    if (inPercent(30)) {
      await pause(between(150, 900))
      await bank.service(first).kill()
    }
    return killed.every(Boolean)
  }
}

export const strikesOfServices: readonly Strike[] = [serviceKill]
