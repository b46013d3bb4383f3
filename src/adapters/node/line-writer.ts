import { write, writeSync } from 'node:fs'

// Lines that nobody takes off our hands are dropped from here on: a log must not fill the memory.
const waitingMaxBytes = 8 * 2 ** 20
// A pipe that is full is tried again after this.
const retryMs = 20
// A reader that takes nothing for so many retries while the process ends is given up.
const retriesAtExitMax = 50

const nobody = new Int32Array(new SharedArrayBuffer(4))

// The event loop has ended by then, so the thread itself has to wait.
function pause(ms: number): void {
  Atomics.wait(nobody, 0, 0, ms)
}

const isBusy = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'EAGAIN'

/**
 * Writes lines to an open file in the background, in order, many at a time. It never blocks, fails or holds the
 * process up: what waits when the process ends is written then, but a full disk or a reader that is gone costs the
 * lines and nothing else. (pino's own destination waits for ever at the end when the disk is full.)
 */
export class LineWriter {
  readonly #file: number
  #lines: string[] = []
  #waitingBytes = 0
  #rest: Buffer | undefined
  #busy = false
  #inOtherHands = false

  constructor(file: number) {
    this.#file = file
    process.once('exit', () => this.#writeAtExit())
  }

  write(line: string): void {
    if (this.#waitingBytes + line.length > waitingMaxBytes) return
    this.#waitingBytes += line.length
    this.#lines.push(line)
    if (this.#busy) return
    this.#busy = true
    // A turn later, so that the lines before a sudden end are still here, and not in the hands of another thread.
    setImmediate(() => this.#writeNext())
  }

  #take(): Buffer | undefined {
    if (this.#rest === undefined && this.#lines.length > 0) {
      this.#rest = Buffer.from(this.#lines.join(''))
      this.#lines = []
      this.#waitingBytes = 0
    }
    return this.#rest
  }

  #written(bytes: number): void {
    this.#rest = this.#rest && bytes < this.#rest.length ? this.#rest.subarray(bytes) : undefined
  }

  #writeNext(): void {
    const bytes = this.#take()
    if (bytes === undefined) {
      this.#busy = false
      return
    }
    this.#inOtherHands = true
    write(this.#file, bytes, (error, count) => {
      this.#inOtherHands = false
      if (error && isBusy(error)) {
        setTimeout(() => this.#writeNext(), retryMs).unref()
        return
      }
      this.#written(error ? bytes.length : count)
      this.#writeNext()
    })
  }

  #writeAtExit(): void {
    if (this.#inOtherHands) this.#rest = undefined
    let retries = 0
    for (let bytes = this.#take(); bytes !== undefined && retries < retriesAtExitMax; bytes = this.#take()) {
      try {
        this.#written(writeSync(this.#file, bytes))
        retries = 0
      } catch (error) {
        if (!isBusy(error)) return
        retries += 1
        pause(retryMs)
      }
    }
  }
}
