import type { Progress } from './play-trades.ts'

const labels = { stock: 'receiving stock', trade: 'orders, returns', flow: 'until delivered' } as const
const width = 32
const redrawMs = 100

/** Shows how an import goes: a bar on a terminal, a line for each quarter elsewhere. */
export class ProgressBar {
  readonly #out: NodeJS.WriteStream
  #shown = ''
  #quarter = -1
  #drawnMs = 0
  #note = ''

  constructor(out: NodeJS.WriteStream) {
    this.#out = out
  }

  show({ phase, done, total }: Progress): void {
    const share = total === 0 ? 1 : done / total
    const label = labels[phase].padEnd(16)
    if (this.#out.isTTY) {
      const filled = Math.round(share * width)
      this.#draw(
        `${label} [${'='.repeat(filled)}${' '.repeat(width - filled)}] ${done}/${total}${this.#note}`,
        done === total
      )
      this.#note = ''
    } else this.#tell(label, share, done, total)
    if (done === total) this.#quarter = -1
  }

  /** Why nothing moves just now. */
  waiting(why: string): void {
    if (this.#out.isTTY) {
      this.#note = `  ${why} Waiting.`
      this.#draw(`${this.#shown.trimEnd()}${this.#note}`, true)
    } else if (this.#note !== why) {
      this.#note = why
      this.#out.write(`${why} Waiting.\n`)
    }
  }

  end(): void {
    if (this.#out.isTTY && this.#shown !== '') this.#out.write('\n')
    this.#shown = ''
  }

  #tell(label: string, share: number, done: number, total: number): void {
    const quarter = Math.floor(share * 4)
    if (quarter === this.#quarter) return
    this.#quarter = quarter
    this.#out.write(`${label} ${done}/${total}\n`)
  }

  #draw(text: string, atOnce: boolean): void {
    const nowMs = performance.now()
    if (!atOnce && nowMs - this.#drawnMs < redrawMs) return
    this.#drawnMs = nowMs
    const cut = text.slice(0, (this.#out.columns || 80) - 1)
    this.#out.write(`\r${cut.padEnd(this.#shown.length)}`)
    this.#shown = cut
  }
}
