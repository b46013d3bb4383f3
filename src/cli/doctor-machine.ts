import { existsSync, mkdtempSync, rmdirSync, statfsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { toFailure } from '../core/index.ts'
import type { Call } from './call.ts'
import { type Finding, fault, ok, warning } from './finding.ts'
import { configFile, loadConfig } from './load-config.ts'
import { olderNodeHint } from './node-least.ts'
import { shownPath } from './shown-path.ts'

const freeBytesLeast = 2 ** 30

/** Whether the Node that runs this is one that Skerry runs on. */
export function checkNode(running: string = process.versions.node): Finding {
  const hint = olderNodeHint(running)
  return hint === undefined ? ok('node', running) : fault('node', `${running} is too old`, hint)
}

/** Whether the config loads. Its function is not called: it may start things. */
export async function checkConfigFile(call: Call): Promise<Finding> {
  try {
    const file = configFile(call.text('config'))
    const source = await loadConfig(file)
    const shown = shownPath(file)
    return ok(
      'config',
      typeof source === 'function' ? `${shown} loads` : `${shown} gives the system ${source.system.name}`
    )
  } catch (thrown) {
    return fault('config', toFailure(thrown).message, 'mend the config; skerry run would fail as this does')
  }
}

function gigabytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GB`
}

function isWritable(directory: string): boolean {
  try {
    rmdirSync(mkdtempSync(join(directory, '.skerry-doctor-')))
    return true
  } catch {
    return false
  }
}

/** The nearest directory above that exists. */
function existing(directory: string): string {
  return existsSync(directory) || dirname(directory) === directory ? directory : existing(dirname(directory))
}

/** Whether the data can be written, and for how long. */
export function checkDirectory(directory: string): readonly Finding[] {
  const there = existing(directory)
  if (!isWritable(there))
    return [
      fault(
        'data',
        `${there} cannot be written`,
        `chown or chmod ${there}, or choose another directory with --data`
      )
    ]
  const written =
    there === directory
      ? ok('data', shownPath(directory))
      : ok('data', `${shownPath(directory)} is made by the first run`)
  const { bavail, bsize } = statfsSync(there)
  const free = bavail * bsize
  if (free >= freeBytesLeast) return [written, ok('disk', `${gigabytes(free)} free`)]
  return [
    written,
    warning(
      'disk',
      `only ${gigabytes(free)} free`,
      'free some space: when the disk is full, nothing is accepted'
    )
  ]
}
