import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Grounds } from './grounds.ts'
import { firstOf, noProgram, noRoot } from './machine.ts'

/** The file systems whose power can be cut. */
export type FileSystem = 'xfs' | 'ext4'

const execute = promisify(execFile)
const run = (program: string, ...parameters: readonly string[]): Promise<unknown> =>
  execute(program, [...parameters], { timeout: 30_000 })

/** Megabytes of the file that holds it; most of it is never written. xfs takes no less. */
const megabytes: Readonly<Record<FileSystem, number>> = { xfs: 320, ext4: 128 }

/** Why the power of a disk cannot be cut on this machine; undefined when it can. */
export const noPowerCuts = (): string | undefined =>
  firstOf(
    noRoot,
    noProgram('xfs_io', 'xfsprogs', '-V'),
    noProgram('mkfs.xfs', 'xfsprogs', '-V'),
    noProgram('mkfs.ext4', 'e2fsprogs', '-V'),
    () => (existsSync('/dev/loop-control') ? undefined : 'the kernel has no loop devices'),
    () => {
      const known = readFileSync('/proc/filesystems', 'utf8')
      const missing = (['xfs', 'ext4'] as const).find((name) => !new RegExp(`\\t${name}$`, 'm').test(known))
      return missing && `the kernel has no ${missing}`
    }
  )

/** A disk in a file, whose power can be cut: what was not synced is gone then. */
export class LoopDisk {
  readonly directory: string
  readonly fileSystem: FileSystem
  readonly #image: string
  #mounted = false

  private constructor(grounds: Grounds, fileSystem: FileSystem) {
    const place = grounds.directory('disk')
    this.#image = join(place, 'image')
    this.directory = join(place, 'mount')
    this.fileSystem = fileSystem
    grounds.defer(() => this.#unmount())
  }

  static async make(grounds: Grounds, fileSystem: FileSystem): Promise<LoopDisk> {
    const disk = new LoopDisk(grounds, fileSystem)
    mkdirSync(disk.directory)
    writeFileSync(disk.#image, '')
    truncateSync(disk.#image, megabytes[fileSystem] * 1_048_576)
    await run(`mkfs.${fileSystem}`, '-q', disk.#image)
    await disk.#mount()
    return disk
  }

  async #mount(): Promise<void> {
    await run('mount', '-o', 'loop', '-t', this.fileSystem, this.#image, this.directory)
    this.#mounted = true
  }

  async #unmount(): Promise<void> {
    for (let tries = 0; this.#mounted; tries++)
      try {
        await run('umount', this.directory)
        this.#mounted = false
      } catch (thrown) {
        // A process that was killed a moment ago may still be on its way out.
        if (tries >= 50) throw thrown
        await pause(20)
      }
  }

  /**
   * Cuts the power: nothing more gets to the disk, and what was not synced is lost. Fails when that was not so: a file
   * that was written just before must be gone, and writing afterwards must be impossible.
   */
  async cut(): Promise<void> {
    this.#canary += 1
    writeFileSync(this.#canaryFile, 'not synced')
    await run('xfs_io', '-x', '-c', 'shutdown', this.directory)
    try {
      writeFileSync(join(this.directory, 'late'), 'too late')
    } catch {
      return
    }
    throw new Error('The disk still takes what is written.')
  }

  /** Power is back; nothing may use the disk any more. True when the disk has really forgotten what was not synced. */
  async restore(): Promise<boolean> {
    await this.#unmount()
    await this.#mount()
    return !existsSync(this.#canaryFile) || readFileSync(this.#canaryFile, 'utf8') === ''
  }

  #canary = 0

  get #canaryFile(): string {
    return join(this.directory, `canary${this.#canary}`)
  }
}
