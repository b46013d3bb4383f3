import { readFileSync } from 'node:fs'
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os'

const manifest: { readonly version: string } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8')
)

/** The version that is measured. */
export const { version } = manifest

/** What it is measured on, with the load of the last minute: figures of a busy machine are no figures. */
export function machine(): string {
  const [first] = cpus()
  const gib = Math.round(totalmem() / 2 ** 30)
  const [load = 0] = loadavg()
  return `${cpus().length} x ${first?.model.trim()}, ${gib} GiB, ${platform()} ${release()} ${arch()}, node ${process.version}, load ${load.toFixed(1)}`
}
