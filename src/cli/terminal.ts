import { styleText } from 'node:util'

type Paint = 'bold' | 'dim' | 'green' | 'yellow' | 'red'

/** Where a command writes. Standard output takes answers, standard error takes everything else. */
export interface Terminal {
  /** Writes whole lines to standard output. */
  out(text: string): void
  /** Writes whole lines to standard error. */
  err(text: string): void
  /** Shows how far something is, in one line of standard error that is written over; only for people. */
  progress(text: string): void
  /** Colour where standard output is a terminal that wants it; NO_COLOR is honoured. */
  paint(paint: Paint, text: string): string
  /** How wide a line may be: that of the terminal, and without bound where standard output is none. */
  readonly columns: number
}

/** The terminal of this process. A reader that goes away, as `head` does, ends nothing. */
export function processTerminal(): Terminal {
  const { stdout, stderr } = process
  for (const stream of [stdout, stderr]) stream.on('error', () => undefined)
  let progress = ''
  const clear = (): void => {
    if (progress === '') return
    progress = ''
    stderr.write('\r\u001b[K')
  }
  return {
    out(text) {
      clear()
      stdout.write(`${text}\n`)
    },
    err(text) {
      clear()
      stderr.write(`${text}\n`)
    },
    progress(text) {
      if (!stderr.isTTY || text === progress) return
      clear()
      progress = text
      stderr.write(text)
    },
    paint: (paint, text) => styleText(paint, text, { stream: stdout }),
    columns: stdout.isTTY ? Math.max(40, stdout.columns) : Number.POSITIVE_INFINITY
  }
}
