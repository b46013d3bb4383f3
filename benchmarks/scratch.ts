import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** Directories for the files of one run after the other, on the disk that is to be measured. */
export class Scratch {
  readonly #base: string
  #number = 0

  constructor(base: string) {
    this.#base = join(base, `bench-${process.pid}`)
  }

  /** A new, empty directory. */
  directory(): string {
    this.#number += 1
    const directory = join(this.#base, String(this.#number))
    mkdirSync(directory, { recursive: true })
    return directory
  }

  /** Removes a directory with everything in it. */
  drop(directory: string): void {
    rmSync(directory, { recursive: true, force: true })
  }

  /** Runs a task with an empty directory, and removes it afterwards. */
  async with<Result>(task: (directory: string) => Promise<Result>): Promise<Result> {
    const directory = this.directory()
    try {
      return await task(directory)
    } finally {
      this.drop(directory)
    }
  }

  remove(): void {
    this.drop(this.#base)
  }
}
