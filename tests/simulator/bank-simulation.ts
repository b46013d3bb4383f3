import { defineSimulation, invariant, type SimulatedCommand } from '../../src/simulator/index.ts'
import { bank } from '../runtime/bank.ts'

const accounts = ['ann', 'bob', 'cy', 'dee'] as const
const opening = 1_000

interface Account {
  readonly pence: number
}

interface Settlement {
  readonly status: string
  readonly kept: {
    readonly transfer: string
    readonly pence: number
    readonly from: string
    readonly to: string
  }
}

/** The post of a world: each receipt with how often it was asked for. */
class Post {
  readonly receipts = new Map<string, number>()

  send(idempotencyKey: string): string {
    this.receipts.set(idempotencyKey, (this.receipts.get(idempotencyKey) ?? 0) + 1)
    return `receipt of ${idempotencyKey}`
  }

  toJSON(): readonly string[] {
    return [...this.receipts.keys()].toSorted()
  }
}

/** Transfers between four accounts, some without cover, some after an account was closed. */
export default defineSimulation({
  outside: () => ({ post: new Post() }),
  system: () => bank({ stepMinutes: 5 }),
  workload: (random) => {
    const commands: SimulatedCommand[] = accounts.map((key) => ({
      service: 'bank',
      type: 'Deposit',
      key,
      data: { pence: opening }
    }))
    const transfers = 10 + random.below(40)
    for (let number = 1; number <= transfers; number++) {
      const data = { from: random.pick(accounts), to: random.pick(accounts), pence: 1 + random.below(400) }
      const atMs = random.below(3_000)
      commands.push({ service: 'transfers', type: 'RequestTransfer', key: `t-${number}`, data, atMs })
    }
    if (random.chance(0.3))
      commands.push({
        service: 'bank',
        type: 'CloseAccount',
        key: 'dee',
        data: {},
        atMs: random.below(3_000)
      })
    return commands
  },
  // A receipt names the position of its notice, which depends on what else was said before it.
  mayDiffer: ['receipt'],
  invariants: [
    invariant('money is conserved', ({ states, log }) => {
      const deposited = log('bank').filter(({ type }) => type === 'Deposited').length * opening
      const sum = states<Account>('bank/account').reduce((total, { value }) => total + value.pence, 0)
      return sum === deposited || `There are ${sum} pence of ${deposited}.`
    }),
    invariant('a transfer moves all of its money or none', ({ states, rows }) => {
      const statement = new Map(
        rows<{ readonly pence: number }>('notices/statement').map((row) => [row.key, row.value])
      )
      const half = states<Settlement>('transfers/settlement').find(
        ({ key }) => (statement.get(key)?.pence ?? 0) !== 0
      )
      return half === undefined || `${half.key} is ${half.value.status}, but its statement is not even.`
    }),
    invariant('every transfer is settled or has failed', ({ states }) => {
      const open = states<Settlement>('transfers/settlement').find(
        ({ value }) => value.status !== 'completed' && value.status !== 'failed'
      )
      return open === undefined || `${open.key} is ${open.value.status}.`
    })
  ]
})
