import { instanceLook } from '../../ports/index.ts'
import type { HttpFeedSettings } from './options.ts'

/** Resolves when the instance at `base` answers anything at all; fails when it does not in the time of a look. */
export async function lookAt(base: string, { clock, headers }: HttpFeedSettings): Promise<void> {
  const late = new AbortController()
  const cancel = clock.schedule(instanceLook.maxMs, () => late.abort())
  try {
    const url = `${base.replace(/\/+$/, '')}${instanceLook.path}`
    const response = await fetch(url, { headers, redirect: 'manual', signal: late.signal })
    await response.body?.cancel()
  } finally {
    cancel()
  }
}
