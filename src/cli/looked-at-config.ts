import type { Call } from './call.ts'
import type { Config } from './config.ts'
import { configFile, configured, loadConfig } from './load-config.ts'
import { dataDirectory } from './run-setting.ts'
import { silentLog } from './silent-log.ts'

/** Where a companion would be, if it were started. */
const nowhere = 'http://127.0.0.1:9'

/**
 * Looks at a config without running it: its function is called, what it would start beside the system is not started,
 * and its `stop` is called afterwards. Fails with `CONFIG_INVALID`.
 */
export async function lookedAtConfig<Result>(
  call: Call,
  look: (config: Config) => Promise<Result>
): Promise<Result> {
  const file = configFile(call.text('config'))
  const config = await configured(file, await loadConfig(file), {
    dataDirectory: dataDirectory(call),
    env: call.env,
    log: silentLog,
    companion: async () => nowhere
  })
  try {
    return await look(config)
  } finally {
    await config.stop?.()
  }
}
