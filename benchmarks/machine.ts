import { readFileSync } from 'node:fs'
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os'

const manifest: { readonly version: string } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8')
)

/** The version that is measured. */
export const { version } = manifest

/** Ticks of all processors so far, and those in which one had work and another machine was on it. */
function ticks(): { readonly all: number; readonly stolen: number } {
  if (platform() !== 'linux') return { all: 0, stolen: 0 }
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n', 1)
  const spent = line.trim().split(/\s+/).slice(1, 9).map(Number)
  return { all: spent.reduce((sum, each) => sum + each, 0), stolen: spent[7] ?? 0 }
}

let before = ticks()

/** Of the time since this was asked last, how much other machines on the same processors had. */
function stolen(): string {
  const now = ticks()
  const share = (now.stolen - before.stolen) / Math.max(1, now.all - before.all)
  before = now
  return `${(100 * share).toFixed(1)} % stolen`
}

/**
 * What it is measured on, with the load of the last minute and what was stolen since the last outcome: figures of a busy
 * machine are no figures.
 */
export function machine(): string {
  const [first] = cpus()
  const gib = Math.round(totalmem() / 2 ** 30)
  const [load = 0] = loadavg()
  return `${cpus().length} x ${first?.model.trim()}, ${gib} GiB, ${platform()} ${release()} ${arch()}, node ${process.version}, load ${load.toFixed(1)}, ${stolen()}`
}
