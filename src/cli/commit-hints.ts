import { type CommitNews, commitNews } from '../adapters/postgres/index.ts'
import type { RunningSystem } from '../runtime/index.ts'
import { postgresPools } from './open-store.ts'
import type { ChosenProfile } from './profile.ts'

/** A pool that is ended waits for a connection that it is making: of a machine that is gone, for minutes. */
const connectMaxMs = 2_000

/**
 * Lets a running system hear at once of what other instances of its services commit; without it, it would look once a
 * second. Gives the system, whose `stop` ends that, too.
 */
export async function withCommitHints(
  running: RunningSystem,
  { storeOf }: ChosenProfile
): Promise<RunningSystem> {
  const heard: { readonly news: CommitNews; readonly end: () => Promise<void> }[] = []
  for (const service of running.services.keys()) {
    const place = storeOf(service)
    if (place.kind !== 'postgres') continue
    const onNews = (): void => running.heard(service)
    // At each address: after a failover it is another one that takes writes, and tells of them.
    const pools = await postgresPools(service, { ...place, connections: 1 }, undefined, {
      connectionTimeoutMillis: connectMaxMs
    })
    // One that is not the first is a standby most of the time, and refuses.
    for (const [index, pool] of pools.entries()) {
      const retryMs = index === 0 ? 1_000 : 10_000
      const news = commitNews({ pool, schema: place.schema ?? service, onNews, retryMs })
      heard.push({ news, end: () => pool.end() })
    }
  }
  return {
    ...running,
    async stop() {
      // Hints are only hints: what was accepted is finished first.
      await running.stop()
      await Promise.all(heard.map(({ news }) => news.close()))
      await Promise.all(heard.map(({ end }) => end()))
    }
  }
}
