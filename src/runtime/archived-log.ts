import { Failure, machineRevisions, type ServiceDefinition, toFailure } from '../core/index.ts'
import type { Feed, Store } from '../ports/index.ts'

/** What `skerry` is told to put back what was archived. */
function restoreHint(source: string): string {
  return `skerry archive ${source} --restore DIR puts it back`
}

/**
 * Fails with `REBUILD_IMPOSSIBLE` when a log of these does not begin at 1 any more: what would be folded from it is not
 * what was said. One that does not answer now is taken for whole; it is read when it answers.
 */
export async function checkWhole(unit: string, feeds: readonly Feed[]): Promise<void> {
  for (const feed of feeds) {
    const first = (await feed.firstPosition?.().catch(() => 1)) ?? 1
    if (first <= 1) continue
    const hint = `The log of ${feed.service} begins at position ${first}; what was before is archived, and '${unit}' can only be folded from all of it. ${restoreHint(feed.service)}; then rebuild it.`
    throw new Failure('REBUILD_IMPOSSIBLE', { hint, unit, source: feed.service, first })
  }
}

/**
 * Fails with `REBUILD_IMPOSSIBLE` when states must be folded anew, since `evolve` has changed, from a log of which a
 * part is archived: each command to one of them would fail.
 */
export async function checkStates(definition: ServiceDefinition, store: Store): Promise<void> {
  const first = (await store.firstPosition?.()) ?? 1
  if (first <= 1 || !store.retention) return
  const older = await store.retention.otherRevisions(machineRevisions(definition))
  const found = [...older].filter(([, count]) => count > 0)
  if (found.length === 0) return
  const { name } = definition
  const which = found.map(([unit, count]) => `${count} of ${unit}`).join(', ')
  const again = found.map(([unit]) => `skerry rebuild ${name}/${unit}`).join(', ')
  const hint = `States of ${name} were folded by another revision of their machine (${which}), and the log before position ${first}, from which they are folded anew, is archived. ${restoreHint(name)}; then start it, ${again}, and archive again. Or start the version before.`
  throw new Failure('REBUILD_IMPOSSIBLE', { hint, service: name, first })
}

/** Whether a call failed because a part of a log is archived. */
export function isArchived(thrown: unknown): boolean {
  return toFailure(thrown).code === 'LOG_ARCHIVED'
}
