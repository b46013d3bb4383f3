import { Failure } from '../core/index.ts'

/** Something that runs beside a system, as whoever starts it holds it. */
export interface RunningCompanion {
  readonly url: string
  close(): void | Promise<void>
}

/** A companion as it is shown to whoever starts the system. */
export interface Companion {
  readonly name: string
  readonly url: string
}

/** Starts what a system needs beside it, unless another process of the same run has started it. */
export type StartCompanion = (
  name: string,
  start: () => RunningCompanion | Promise<RunningCompanion>
) => Promise<string>

const variable = 'SKERRY_COMPANIONS'

type Env = Readonly<Record<string, string | undefined>>

/** What runs beside the system in this run: here, or in the process that started this one. */
export class Companions {
  readonly #elsewhere: Readonly<Record<string, string>> | undefined
  readonly #here: { readonly name: string; readonly running: RunningCompanion }[] = []

  constructor(env: Env) {
    const text = env[variable]
    this.#elsewhere = text === undefined ? undefined : JSON.parse(text)
  }

  /** Those that this process has started, in their order. */
  get list(): readonly Companion[] {
    return this.#here.map(({ name, running }) => ({ name, url: running.url }))
  }

  /** Tells the processes that this one starts where they are. */
  get env(): Env {
    return { [variable]: JSON.stringify(Object.fromEntries(this.list.map(({ name, url }) => [name, url]))) }
  }

  /** Gives the address. Fails with `CONFIG_INVALID` for a name that is taken. */
  readonly start: StartCompanion = async (name, start) => {
    if (this.#here.some((each) => each.name === name))
      throw new Failure('CONFIG_INVALID', { hint: `The config starts two companions named '${name}'.` })
    if (this.#elsewhere) {
      const url = this.#elsewhere[name]
      if (url !== undefined) return url
      const hint = `The config asks for a companion '${name}' here that it did not ask for where the run began.`
      throw new Failure('CONFIG_INVALID', { hint })
    }
    const running = await start()
    this.#here.push({ name, running })
    return running.url
  }

  /** Ends those that run here, the last one first. */
  async close(): Promise<void> {
    for (const { running } of this.#here.splice(0).reverse()) await running.close()
  }
}
