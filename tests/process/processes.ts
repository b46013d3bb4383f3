import { contract, processManager } from 'skerry'
import { z } from 'zod'
import type { ProcessManagerDefinition } from '../../src/core/index.ts'

const data = z.object({ id: z.string() })
const sales = contract('sales')
const others = contract('others')
const names = ['a', 'b', 'c'] as const
type Name = (typeof names)[number]

const Started = sales.event('Started', data)
const Stopped = sales.event('Stopped', data)
const Ended = sales.event('Ended', data)
const Failed = sales.event('Failed', data)
const upper = (name: Name) => name.toUpperCase()
const perStep = <T>(make: (name: Name) => T) =>
  Object.fromEntries(names.map((name) => [name, make(name)])) as Record<Name, T>
const Do = perStep((name) => others.command(`Do${upper(name)}`, data))
const Undo = perStep((name) => others.command(`Undo${upper(name)}`, data))
const Done = perStep((name) => others.event(`Done${upper(name)}`, data))
const Refused = perStep((name) => others.event(`Refused${upper(name)}`, data))
const Undone = perStep((name) => others.event(`Undone${upper(name)}`, data))

const id = (event: { readonly id: string }) => event.id
const started = (name: string) => processManager(name).startsWith(Started, id)

/** One step after the other, each with a timeout; the undoing of the second is confirmed. */
const chain = started('chain')
  .step('a', (step) =>
    step
      .send((kept) => Do.a.for(kept.id, kept))
      .doneBy(Done.a, id)
      .failedBy(Refused.a, id)
      .undo((kept) => Undo.a.for(kept.id, kept))
      .timeout({ minutes: 1 })
  )
  .step('b', (step) =>
    step
      .after('a')
      .send((kept) => Do.b.for(kept.id, kept))
      .doneBy(Done.b, id)
      .failedBy(Refused.b, id)
      .undo((kept) => Undo.b.for(kept.id, kept))
      .undoneBy(Undone.b, id)
      .timeout({ minutes: 1 })
  )
  .step('c', (step) =>
    step
      .after('b')
      .send((kept) => Do.c.for(kept.id, kept))
      .doneBy(Done.c, id)
      .undo((kept) => Undo.c.for(kept.id, kept))
      .timeout({ minutes: 1 })
  )
  .cancelledBy(Stopped, id)
  .completes((kept) => Ended(kept))
  .fails((kept) => Failed(kept))

/** Two steps at once, both undoings confirmed, and one when both are done; only the whole has a limit. */
const fork = started('fork')
  .step('a', (step) =>
    step
      .send((kept) => Do.a.for(kept.id, kept))
      .doneBy(Done.a, id)
      .failedBy(Refused.a, id)
      .undo((kept) => Undo.a.for(kept.id, kept))
      .undoneBy(Undone.a, id)
  )
  .step('b', (step) =>
    step
      .send((kept) => Do.b.for(kept.id, kept))
      .doneBy(Done.b, id)
      .undo((kept) => Undo.b.for(kept.id, kept))
      .undoneBy(Undone.b, id)
  )
  .step('c', (step) =>
    step
      .after('a', 'b')
      .send((kept) => Do.c.for(kept.id, kept))
      .doneBy(Done.c, id)
      .failedBy(Refused.c, id)
      .stays()
  )
  .cancelledBy(Stopped, id)
  .deadline({ hours: 1 })
  .completes((kept) => Ended(kept))
  .fails((kept) => Failed(kept))

/** Steps that only wait, the last of which is done by an event of the start's own service. */
const wait = started('wait')
  .step('a', (step) => step.doneBy(Done.a, id).failedBy(Refused.a, id).timeout({ minutes: 1 }))
  .step('b', (step) => step.doneBy(Done.b, id).undo((kept) => Undo.b.for(kept.id, kept)))
  .step('c', (step) =>
    step
      .after('a', 'b')
      .doneBy(Done.c, id)
      .undo((kept) => Undo.c.for(kept.id, kept))
  )
  .cancelledBy(Stopped, id)
  .deadline({ hours: 1 })
  .completes((kept) => Ended(kept))
  .fails((kept) => Failed(kept))

export const processes: readonly ProcessManagerDefinition[] = [chain, fork, wait]
