import { actor, contract, service, stateMachine, system } from 'skerry'
import { defineSimulation, invariant } from 'skerry/simulator'
import { z } from 'zod'
import { Ledger } from '../outside/ledger.ts'
import { sent, upTo } from '../outside/sent.ts'

const payroll = contract('payroll')
const Salary = z.object({ runId: z.string(), employee: z.string(), pence: z.int() })
const Approve = payroll.command('Approve', Salary.omit({ runId: true }))
const RecordExport = payroll.command('RecordExport', z.object({ line: z.string() }), { internal: true })
const SalaryApproved = payroll.event('SalaryApproved', Salary)
const SalaryExported = payroll.event('SalaryExported', z.object({ runId: z.string(), line: z.string() }))

type Run =
  | { status: 'new' }
  | { status: 'approved'; pence: number }
  | { status: 'exported'; pence: number; line: string }

const run = stateMachine<Run>('run', { status: 'new' })
  .evolve(SalaryApproved, { from: 'new', to: 'approved' }, (_, { pence }) => ({ status: 'approved', pence }))
  .evolve(SalaryExported, { from: 'approved', to: 'exported' }, ({ pence }, { line }) => ({
    status: 'exported',
    pence,
    line
  }))
  .on(Approve, { from: 'new', emits: SalaryApproved }, (_, wish, { key: runId }) =>
    SalaryApproved({ runId, ...wish })
  )
  .on(RecordExport, { from: 'approved', emits: SalaryExported }, (_, { line }, { key: runId }) =>
    SalaryExported({ runId, line })
  )

interface Books {
  readonly wages: Ledger
  readonly taxes: Ledger
}

/** Two ledgers, and each is told under a key of its own that stays the same: both have it in the end. */
const bookkeeper = ({ wages, taxes }: Books) =>
  actor('bookkeeper').effect(SalaryApproved, {}, async ({ runId, employee, pence }, { idempotencyKey }) => {
    const line = await wages.enter({ account: employee, pence, key: `wage ${idempotencyKey}` })
    await taxes.enter({ account: employee, pence: Math.round(pence / 5), key: `tax ${idempotencyKey}` })
    return RecordExport.for(runId, { line })
  })

export const simulation = defineSimulation<Books>({
  outside: () => ({ wages: new Ledger(2), taxes: new Ledger(4) }),
  system: (books) => system('exports', [service(payroll, [run, bookkeeper(books)])]),
  workload: (random) =>
    upTo(3 + random.below(8)).map((number) => {
      const wish = { employee: random.pick(['ann', 'bob']), pence: 100 * (1 + random.below(30)) }
      return sent(Approve.for(`r-${number}`, wish), random.below(2_000))
    }),
  invariants: [
    invariant<Books>('both ledgers have every salary once', ({ states, outside }) => {
      const approved = states<Run>('payroll/run').length
      const { wages, taxes } = outside
      const isEven = wages.lines === approved && taxes.lines === approved
      return isEven || `${approved} are approved, ${wages.lines} wages and ${taxes.lines} taxes are entered.`
    })
  ]
})
