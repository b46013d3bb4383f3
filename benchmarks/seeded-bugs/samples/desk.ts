import { contract, projection, service, stateMachine, system } from 'skerry'
import { defineSimulation, invariant } from 'skerry/simulator'
import { z } from 'zod'
import { sent, upTo } from '../outside/sent.ts'

const desk = contract('desk')
const OpenTicket = desk.command('OpenTicket', z.object({ about: z.string() }))
const AddNote = desk.command('AddNote', z.object({ text: z.string() }))
const CloseTicket = desk.command('CloseTicket', z.object({}))
const TicketOpened = desk.event('TicketOpened', z.object({ ticketId: z.string(), about: z.string() }))
const NoteAdded = desk.event(
  'NoteAdded',
  z.object({ ticketId: z.string(), number: z.int(), text: z.string() })
)
const TicketClosed = desk.event('TicketClosed', z.object({ ticketId: z.string(), notes: z.int() }))

type Ticket = { status: 'new' } | { status: 'open' | 'closed'; about: string; notes: string[] }

const ticket = stateMachine<Ticket>('ticket', { status: 'new' })
  .evolve(TicketOpened, { from: 'new', to: 'open' }, (_, { about }) => ({ status: 'open', about, notes: [] }))
  .evolve(NoteAdded, { from: 'open', to: 'open' }, (open, { text }) => ({
    ...open,
    notes: [...open.notes, text]
  }))
  .evolve(TicketClosed, { from: 'open', to: 'closed' }, (open) => ({ ...open, status: 'closed' }))
  .on(OpenTicket, { from: 'new', emits: TicketOpened }, (_, { about }, { key: ticketId }) =>
    TicketOpened({ ticketId, about })
  )
  .on(AddNote, { from: 'open', emits: NoteAdded }, ({ notes }, { text }, { key: ticketId }) =>
    NoteAdded({ ticketId, number: notes.length + 1, text })
  )
  .on(CloseTicket, { from: 'open', emits: TicketClosed }, ({ notes }, _, { key: ticketId }) =>
    TicketClosed({ ticketId, notes: notes.length })
  )

type Row = { about: string; notes: string[]; isOpen: boolean }

const byTicket = ({ ticketId }: { ticketId: string }) => ticketId

const tickets = projection<Row>('tickets', { initial: { about: '', notes: [], isOpen: true } })
  .on(TicketOpened, byTicket, (row, { about }) => ({ ...row, about }))
  .on(NoteAdded, byTicket, (row, { text }) => ({ ...row, notes: [...row.notes, text] }))
  .on(TicketClosed, byTicket, (row) => ({ ...row, isOpen: false }))

const topics = projection<{ open: number; closed: number; notes: number }>('topics', {
  initial: { open: 0, closed: 0, notes: 0 }
})
  .on(
    TicketOpened,
    () => 'all',
    (row) => ({ ...row, open: row.open + 1 })
  )
  .on(
    TicketClosed,
    () => 'all',
    (row, { notes }) => ({ open: row.open - 1, closed: row.closed + 1, notes: row.notes + notes })
  )

export const simulation = defineSimulation({
  system: () => system('desk', [service(desk, [ticket, tickets, topics])]),
  workload: (random) =>
    upTo(2 + random.below(5)).flatMap((number) => {
      const key = `t-${number}`
      const atMs = random.below(1_500)
      return [
        sent(OpenTicket.for(key, { about: random.pick(['bills', 'keys']) }), atMs),
        ...upTo(random.below(6)).map((note) =>
          sent(AddNote.for(key, { text: `note ${note}` }), atMs + note * 50)
        ),
        ...(random.chance(0.5) ? [sent(CloseTicket.for(key, {}), atMs + 400)] : [])
      ]
    }),
  invariants: [
    invariant('a ticket keeps every note once', ({ states, log }) => {
      const kept = states<{ notes: string[] }>('desk/ticket').reduce(
        (sum, { value }) => sum + value.notes.length,
        0
      )
      const added = log('desk').filter(({ type }) => type === 'NoteAdded').length
      return kept === added || `${added} notes were added, ${kept} are kept.`
    })
  ]
})
