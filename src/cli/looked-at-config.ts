import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Call } from './call.ts'
import type { Config } from './config.ts'
import { configFile, configured, loadConfig } from './load-config.ts'
import { silentLog } from './silent-log.ts'

/** Where a companion would be, if it were started. */
const nowhere = 'http://127.0.0.1:9'

/**
 * Looks at a config without running it: its function is called with a directory that lasts as long as the look, what it
 * would start beside the system is not started, and its `stop` is called afterwards. Fails with `CONFIG_INVALID`.
 */
export async function lookedAtConfig<Result>(
  call: Call,
  look: (config: Config) => Promise<Result>
): Promise<Result> {
  const file = configFile(call.text('config'))
  const source = await loadConfig(file)
  // The one of a run may not be there, and another run may use it.
  const dataDirectory = mkdtempSync(join(tmpdir(), 'skerry-look-'))
  try {
    const setting = { dataDirectory, env: call.env, log: silentLog, companion: async () => nowhere }
    const config = await configured(file, source, setting)
    try {
      return await look(config)
    } finally {
      await config.stop?.()
    }
  } finally {
    rmSync(dataDirectory, { recursive: true, force: true })
  }
}
