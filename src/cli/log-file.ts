import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs'

/** A file may grow so far; then it becomes the old one, and a new one begins. */
const maxBytes = 16 * 2 ** 20

/** A log in a file, bounded: at most twice `maxBytes` with the one before it, `<file>.old`. */
export function logFile(file: string): { write(line: string): void } {
  let descriptor = openSync(file, 'a')
  let bytes = fstatSync(descriptor).size
  const begin = (): void => {
    closeSync(descriptor)
    renameSync(file, `${file}.old`)
    descriptor = openSync(file, 'a')
    bytes = 0
  }
  return {
    write(line) {
      // Written at once: the lines that matter most are those before a crash.
      bytes += writeSync(descriptor, line)
      if (bytes >= maxBytes) begin()
    }
  }
}
