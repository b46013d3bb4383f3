import { canonicalJson, type StateMachineDefinition } from '../core/index.ts'
import type { Checkpoint, Feed, LogRow, Store } from '../ports/index.ts'
import { isArchived } from './archived-log.ts'
import type { Engine } from './engine.ts'
import { beyondHeads, whyOlder } from './older-logs.ts'
import { foldHistory } from './state-loading.ts'
import { subscriptionsElsewhere } from './status-elsewhere.ts'

const statesPage = 500
/** So often what another instance works on is read until it stands still for the length of two queries. */
const looksMax = 50
const lookMs = 20

/**
 * Checks the files of a service, its message balances, its states and processes; gives what is wrong, in sentences. The
 * balance of a part that another instance moves on all the time is left out: its holder compares it.
 */
export async function checkService(engine: Engine): Promise<readonly string[]> {
  const { store, definition, bus } = engine.options
  const problems: string[] = [...(await store.check())]
  const elsewhere = await engine.between(async () => {
    for (const { name, cursors } of engine.subscriptions.values()) {
      problems.push(...imbalance(engine, name, await standing(engine, name)))
      const feeds = new Set(cursors.map(({ source }) => source.feed))
      for (const feed of feeds) problems.push(...(await aheadOf(engine, name, feed)))
    }
    return subscriptionsElsewhere(engine)
  })
  for (const { subscription, sources } of elsewhere) {
    const found = await stillStanding(engine, subscription)
    if (found) problems.push(...imbalance(engine, subscription, found))
    for (const source of sources) problems.push(...(await aheadOf(engine, subscription, bus.feed(source))))
  }
  for (const unit of definition.units.values())
    if (unit.kind === 'state-machine') problems.push(...(await wrongStates(engine, unit)))
  return problems
}

/** Where a subscription stands, and how much of it is parked. */
interface Standing {
  readonly checkpoints: readonly Checkpoint[]
  readonly parked: number
}

async function standing({ options: { store } }: Engine, subscription: string): Promise<Standing> {
  const checkpoints = await store.checkpoints(subscription)
  const counts = await store.parkedCounts()
  const parked = counts
    .filter((one) => one.subscription === subscription)
    .reduce((sum, { count }) => sum + count, 0)
  return { checkpoints, parked }
}

/** The same of a subscription that another instance moves on meanwhile; undefined when it never stands still. */
async function stillStanding(engine: Engine, subscription: string): Promise<Standing | undefined> {
  for (let look = 0; look < looksMax; look++) {
    const found = await standing(engine, subscription)
    // Whatever changes what is parked counts something as done or passed, too.
    const after = await engine.options.store.checkpoints(subscription)
    if (canonicalJson(after) === canonicalJson(found.checkpoints)) return found
    await new Promise<void>((resolve) => engine.options.clock.schedule(lookMs, resolve))
  }
  return undefined
}

/** I20: what the checkpoints say is parked is what is parked. */
function imbalance(engine: Engine, subscription: string, found: Standing): readonly string[] {
  const where = `${engine.options.definition.name}/${subscription}`
  const claimed = found.checkpoints.reduce((sum, { position, done }) => sum + position - done, 0)
  if (claimed === found.parked) return []
  return [
    `${where}: ${claimed} messages were passed without being dealt with, but ${found.parked} are parked.`
  ]
}

/**
 * None is ahead of its source: a log that was put back to an older copy, or is another one, says other things at those
 * positions. The partition that is furthest ahead stands for all.
 */
async function aheadOf(engine: Engine, subscription: string, feed: Feed): Promise<readonly string[]> {
  const { definition, store } = engine.options
  const source = feed.service
  const checkpoints = (await store.checkpoints(subscription)).filter((one) => one.source === source)
  // Afterwards, so that what was said meanwhile is in them; of a source that is away nothing is known.
  const heads = await feed.heads().catch(() => undefined)
  if (!heads) return []
  const [most, ...less] = beyondHeads(checkpoints, heads)
  if (!most) return []
  const others = less.length > 0 ? ` (and ${less.length} more partitions)` : ''
  return [
    `${definition.name}/${subscription}: has taken ${source}:${most.partition}:${most.position}, but that log ends at ${most.head}${others}: ${whyOlder(source)}. Stop the system, and give ${source} its data, or put ${definition.name} back to the time of that copy, too.`
  ]
}

/** Every stored state is what its events lead to. */
async function wrongStates(engine: Engine, machine: StateMachineDefinition): Promise<readonly string[]> {
  const { store, definition } = engine.options
  const problems: string[] = []
  for (let afterKey = ''; ; ) {
    const page = await store.listStates(machine.name, afterKey, statesPage)
    const last = page.at(-1)
    if (!last) return problems
    for (const state of page) {
      if (state.revision !== machine.revision) continue
      const history = await keptHistory(store, machine.name, state.key, state.lastPosition)
      if (!history) continue
      if (canonicalJson(foldHistory(machine, history)) !== canonicalJson(state.data))
        problems.push(
          `${definition.name}/${machine.name}/${state.key}: the stored state is not what its ${history.length} events lead to.`
        )
    }
    afterKey = last.key
  }
}

/** What a key said; undefined when a part of it is archived, and then its state cannot be compared. */
async function keptHistory(
  store: Store,
  unit: string,
  key: string,
  upto: number
): Promise<readonly LogRow[] | undefined> {
  try {
    return await store.history(unit, key, upto)
  } catch (thrown) {
    if (isArchived(thrown)) return undefined
    throw thrown
  }
}
