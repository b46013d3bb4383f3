import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A disk that is soon full. */
export interface SmallDisk {
  readonly directory: string
  readonly unmount: () => void
}

/** Mounts a disk of so many megabytes; says why not when it cannot. */
export function smallDisk(megabytes: number): SmallDisk | string {
  const directory = mkdtempSync(join(tmpdir(), 'skerry-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'none', directory], { stdio: 'pipe' })
  } catch (thrown) {
    rmdirSync(directory)
    return thrown instanceof Error ? thrown.message : String(thrown)
  }
  const unmount = (): void => {
    execFileSync('umount', [directory])
    rmdirSync(directory)
  }
  return { directory, unmount }
}

/** Why no small disk can be mounted on this machine; undefined when one can. */
export function whyNoSmallDisk(): string | undefined {
  const probe = smallDisk(1)
  if (typeof probe === 'string') return `no small disk can be mounted (${probe.split('\n')[0]})`
  probe.unmount()
  return undefined
}
