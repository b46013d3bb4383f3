import pg from 'pg'
import { commitNews } from 'skerry/postgres'
import type { RunningSystem } from 'skerry/runtime'
import type { PipelinePlace } from './place.ts'

/**
 * Lets the services of a process hear at once of what their other instances commit, as `skerry run` does. Gives what ends
 * that; it is ended when the system has stopped.
 */
export async function hearOthers(
  running: RunningSystem,
  { instances, postgres }: PipelinePlace,
  services: readonly string[]
): Promise<() => Promise<void>> {
  if (instances === 1 || !postgres) return async () => undefined
  const heard = services.map((service) => {
    const pool = new pg.Pool({ host: '127.0.0.1', ...postgres, user: 'postgres', max: 1 })
    const news = commitNews({ pool, schema: service, onNews: () => running.heard(service) })
    return async () => {
      await news.close()
      await pool.end()
    }
  })
  return async () => {
    await Promise.all(heard.map((end) => end()))
  }
}
