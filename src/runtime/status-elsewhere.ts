import { type Checkpoint, subscriptionName, unitOf } from '../ports/index.ts'
import type { Engine } from './engine.ts'
import { inTime } from './in-time.ts'
import type { SubscriptionStatus } from './running.ts'

/** How long a source may take to say how far it is: what is said of this service must not wait for another one. */
const headsMaxMs = 2_000

/**
 * How far the parts are that other instances work for, by what is in the store: what they have passed over is written
 * there a moment later.
 */
export async function statusElsewhere(engine: Engine): Promise<readonly SubscriptionStatus[]> {
  const { store, tenure } = engine.options
  const found: SubscriptionStatus[] = []
  for (const { subscription, sources } of await subscriptionsElsewhere(engine)) {
    const checkpoints = await store.checkpoints(subscription)
    const holder = tenure.holderOf(unitOf(subscription))?.id
    // Until it has been told so between two turns, this one has only been given it.
    const heldBy = holder === undefined || holder === tenure.instance ? '' : holder
    for (const source of sources)
      found.push({
        ...(await statusOf(engine, source, checkpoints)),
        subscription,
        heldBy
      })
  }
  return found
}

/** What a part listens to. */
export interface Listening {
  readonly subscription: string
  readonly sources: readonly string[]
}

/** The subscriptions of the parts that are not held here, with the generations that serve as the store has them. */
export async function subscriptionsElsewhere(engine: Engine): Promise<readonly Listening[]> {
  const { definition, live, tenure } = engine.options
  const found: Listening[] = []
  for (const { subscription, sources } of engine.handlers) {
    const unit = unitOf(subscription)
    if (tenure.holds(unit)) continue
    const isProjection = definition.units.get(unit)?.kind === 'projection'
    if (isProjection) await live.refresh(unit)
    found.push({ subscription: isProjection ? subscriptionName(unit, live.of(unit)) : unit, sources })
  }
  return found
}

/**
 * What the store says of the parts that other instances work for, or that nobody works for yet, while none of it is left
 * to do: two answers that are equal say that nothing was done in between. Undefined while something is left, and while
 * the store or a source does not answer. What those parts pass over is written by the next beat of their holder.
 */
export async function calmElsewhere(engine: Engine): Promise<string | undefined> {
  const { store, tenure } = engine.options
  const parts = engine.handlers.map(({ subscription }) => unitOf(subscription))
  const others = new Set(parts.filter((unit) => !tenure.holds(unit)))
  if (others.size === 0) return ''
  try {
    const parked = (await store.parkedCounts()).filter(({ subscription }) => others.has(unitOf(subscription)))
    if (parked.some(({ status }) => status !== 'dead' && status !== 'behind')) return undefined
    const seen: string[] = []
    for (const { subscription, sources } of await subscriptionsElsewhere(engine)) {
      const checkpoints = await store.checkpoints(subscription)
      for (const source of sources) {
        const { position, done } = sumOf(checkpoints, source)
        const head = rowsUpTo(await engine.options.bus.feed(source).heads())
        if (head > position) return undefined
        seen.push(`${subscription} ${source} ${position} ${done}`)
      }
    }
    return seen.join()
  } catch {
    return undefined
  }
}

/** How many rows a log has with these heads. */
export function rowsUpTo(heads: readonly number[]): number {
  return heads.reduce((sum, head) => sum + head, 0)
}

function sumOf(
  checkpoints: readonly Checkpoint[],
  source: string
): { readonly position: number; readonly done: number } {
  const own = checkpoints.filter((one) => one.source === source)
  return {
    position: own.reduce((sum, { position }) => sum + position, 0),
    done: own.reduce((sum, { done }) => sum + done, 0)
  }
}

async function statusOf(
  engine: Engine,
  source: string,
  checkpoints: readonly Checkpoint[]
): Promise<Omit<SubscriptionStatus, 'subscription' | 'heldBy'>> {
  const { position, done } = sumOf(checkpoints, source)
  const { bus, clock } = engine.options
  const asked = bus.feed(source).heads()
  const heads = await inTime(clock, headsMaxMs, asked).catch(() => undefined)
  // Of a source that does not answer no more is known than what has come from it.
  const published = Math.max(position, rowsUpTo(heads ?? []))
  return { source, published, done, parked: position - done, pending: published - position }
}
