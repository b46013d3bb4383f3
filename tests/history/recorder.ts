import { openSync, writeSync } from 'node:fs'
import { Failure } from '../../src/index.ts'
import type { Batch, Committed, Store } from '../../src/ports/index.ts'
import type { Change, GenerationCall, Recorded } from './recording.ts'

const isGenerationCall = (name: string | symbol): name is GenerationCall =>
  name === 'addGeneration' || name === 'swapGeneration' || name === 'dropGeneration'

/**
 * Takes down in a file what stores are asked to write and what they answer, line by line, each before anything else
 * happens: what was asked last and not answered is what a process that dies leaves open.
 */
export class HistoryRecorder {
  readonly #descriptor: number

  constructor(file: string) {
    this.#descriptor = openSync(file, 'a')
  }

  #write(line: Recorded): void {
    writeSync(this.#descriptor, `${JSON.stringify(line)}\n`)
  }

  /** Takes down whether what the life before had left open was written. */
  settle(service: string, written: boolean): void {
    this.#write({ what: 'settled', service, written })
  }

  /** The store, whose changes are taken down. */
  wrap(store: Store): Store {
    const { service } = store
    const watched = async <Result>(
      change: Change,
      run: () => Promise<Result>,
      committedOf: (result: Result) => Committed | undefined
    ): Promise<Result> => {
      this.#write({ what: 'asked', service, change })
      try {
        const result = await run()
        const committed = committedOf(result)
        this.#write({ what: 'done', service, ...(committed === undefined ? {} : { committed }) })
        return result
      } catch (thrown) {
        const code = thrown instanceof Failure ? thrown.code : String(thrown)
        this.#write({ what: 'failed', service, code })
        throw thrown
      }
    }
    return new Proxy(store, {
      get: (target, name) => {
        if (name === 'commit')
          return (batch: Batch) =>
            watched(
              { call: 'commit', batch },
              () => target.commit(batch),
              (committed) => committed
            )
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function') return member
        if (isGenerationCall(name))
          return (...parameters: unknown[]) =>
            watched(
              { call: name, parameters },
              async () => Reflect.apply(member, target, parameters),
              () => undefined
            )
        return member.bind(target)
      }
    })
  }
}
