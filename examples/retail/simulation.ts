import { defineSimulation } from 'skerry/simulator'
import { retail } from './retail.ts'
import { Bank } from './simulation/bank.ts'
import { Mailbox } from './simulation/mailbox.ts'
import { promisesOfGoods } from './simulation/promises-of-goods.ts'
import { promisesOfMoney } from './simulation/promises-of-money.ts'
import { promisesOfWords } from './simulation/promises-of-words.ts'
import type { Town } from './simulation/town.ts'
import { trade } from './simulation/trade.ts'

/** The whole shop with a bank and a mailbox in memory, on bad days: `npm run skerry -- sim` runs them. */
export default defineSimulation<Town>({
  outside: () => ({ bank: new Bank(), mailbox: new Mailbox() }),
  // A charge is given up by attempts alone: in a calm world clocks stand still, and patience would never end.
  system: ({ bank, mailbox }) =>
    retail({ payments: { provider: bank, patienceMs: 0 }, post: { sender: mailbox } }),
  workload: (random) => [...trade(random)],
  invariants: [...promisesOfMoney, ...promisesOfGoods, ...promisesOfWords],
  unreached: {
    'inventory/reservation: RecordHold gives ReservationWithdrawn':
      'Fulfilment hears how a reservation ended before it releases it; only a person could be faster.'
  }
})
