import { type Checkpoint, subscriptionName, unitOf } from '../ports/index.ts'
import type { Engine } from './engine.ts'
import type { SubscriptionStatus } from './running.ts'

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
        ...(await statusOf(
          engine,
          source,
          checkpoints.filter((one) => one.source === source)
        )),
        subscription,
        heldBy
      })
  }
  return found
}

/** The subscriptions of the parts that are not held here, each with what it listens to. */
export async function subscriptionsElsewhere(
  engine: Engine
): Promise<readonly { readonly subscription: string; readonly sources: readonly string[] }[]> {
  const { definition, live, tenure } = engine.options
  const found: { readonly subscription: string; readonly sources: readonly string[] }[] = []
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
 * Whether the parts that other instances work for, or that nobody works for yet, have nothing left to do, by what is in
 * the store. What of it they pass over is written there by their next beat. False while the store does not answer.
 */
export async function isCalmElsewhere(engine: Engine): Promise<boolean> {
  const { store, tenure } = engine.options
  if (engine.handlers.every(({ subscription }) => tenure.holds(unitOf(subscription)))) return true
  try {
    const parked = await store.parkedCounts()
    const waits = parked.some(
      ({ subscription, status }) =>
        status !== 'dead' && status !== 'behind' && !tenure.holds(unitOf(subscription))
    )
    return !waits && (await statusElsewhere(engine)).every(({ pending }) => pending <= 0)
  } catch {
    return false
  }
}

async function statusOf(
  engine: Engine,
  source: string,
  checkpoints: readonly Checkpoint[]
): Promise<Omit<SubscriptionStatus, 'subscription' | 'heldBy'>> {
  const position = checkpoints.reduce((sum, one) => sum + one.position, 0)
  const done = checkpoints.reduce((sum, one) => sum + one.done, 0)
  const heads = await engine.options.bus
    .feed(source)
    .heads()
    .catch(() => undefined)
  // Of a source that does not answer no more is known than what has come from it.
  const published = Math.max(position, heads?.reduce((sum, head) => sum + head, 0) ?? 0)
  return { source, published, done, parked: position - done, pending: published - position }
}
