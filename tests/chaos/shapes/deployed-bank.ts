import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ServiceStatus } from '../../../src/runtime/index.ts'
import { until } from '../../system/child.ts'
import { emptyLedger, takeDown } from '../../system/ledger.ts'
import type { Campaign } from '../campaign.ts'
import { oneOf } from '../chance.ts'
import { compiledCode } from '../grounds.ts'
import { Lives } from '../proving.ts'
import { type BankRoom, databaseRoom, filesRoom } from './bank-room.ts'
import type { BankServers } from './bank-servers.ts'
import { ClientLoad } from './client-load.ts'
import { Lines } from './lines.ts'
import { ServiceRun } from './service-run.ts'
import { processDoors, surroundings } from './surroundings.ts'

/** Whoever has not come to rest by then hangs. */
const restMaxMs = 90_000

/** A bank in three processes or more, and clients that keep it busy. What it has promised is written down here. */
export class DeployedBank {
  readonly servers: BankServers
  readonly lines: Lines
  readonly room: BankRoom
  readonly #campaign: Campaign
  readonly #lives: Lives
  readonly #posts: string
  readonly processes: readonly ServiceRun[]
  readonly #load: ClientLoad
  #probes = 0

  private constructor(
    campaign: Campaign,
    servers: BankServers,
    { room, lives, posts, lines, processes }: DeployedParts
  ) {
    this.#campaign = campaign
    this.servers = servers
    this.room = room
    this.lines = lines
    this.#lives = lives
    this.#posts = posts
    this.processes = processes
    this.#load = new ClientLoad({
      urlOf: (service) => this.anyProcess(service).url,
      ledger: lives.ledger,
      life: 'c',
      violated: (what) => campaign.violated(what)
    })
  }

  /** Makes room for its data, and starts the processes. Resolves when all of them are up. */
  static async start(campaign: Campaign, servers: BankServers, name: string): Promise<DeployedBank> {
    const { grounds } = campaign
    const directory = grounds.directory('bank')
    const posts = join(grounds.directory('posts'), 'posts')
    const lines = new Lines()
    grounds.defer(() => lines.close())
    const { database } = servers
    const room = database ? await databaseRoom(database, name) : filesRoom(directory)
    const processes: ServiceRun[] = []
    const doors = await processDoors(servers.instances)
    for (const door of doors) {
      const env = await surroundings({ door, doors, room, broker: servers.broker, lines, name, posts })
      const run = new ServiceRun({
        ...door,
        directory,
        env: { ...env, NODE_COMPILE_CACHE: compiledCode() },
        onCrash: (how) => campaign.violated(how)
      })
      grounds.defer(() => run.end('SIGKILL'))
      processes.push(run)
    }
    await until('the services are up', async () => processes.every(({ up }) => up), restMaxMs)
    const lives = new Lives(campaign, room.place)
    return new DeployedBank(campaign, servers, { room, lives, posts, lines, processes })
  }

  /** Some process, of that service or of all. */
  anyProcess(service?: string): ServiceRun {
    const [first, ...others] = this.processes.filter((one) => (service ?? one.service) === one.service)
    if (!first) throw new Error(`There is no ${service}.`)
    return oneOf([first, ...others])
  }

  /** Does something while no process writes: each stands where it is. */
  async still(what: () => Promise<void>): Promise<void> {
    try {
      const stand = await Promise.all(this.processes.map((each) => each.pause()))
      if (!stand.every(Boolean)) throw new Error('Not all processes stand still.')
      await what()
    } finally {
      for (const each of this.processes) each.resume()
    }
  }

  /** Waits until the clients were answered so often again. */
  async busy(answers: number): Promise<void> {
    const wanted = this.#load.acknowledged + answers
    await until(`${answers} answers`, async () => this.#load.acknowledged >= wanted, restMaxMs)
  }

  /**
   * Resolves when a transfer that is asked for now has gone through all services and its notice is posted; gives how
   * long it took. Fails when that takes too long.
   */
  async probe(): Promise<number> {
    const name = `probe-${this.#probes++}`
    const startedMs = performance.now()
    const [from, to] = [`p${this.#probes}`, `q${this.#probes}`]
    const accepted = this.#load.transfer(name, from, to)
    await until(
      `the notice of ${name}`,
      async () => this.#posted().some(({ notice }) => notice === name),
      restMaxMs
    )
    await accepted
    return performance.now() - startedMs
  }

  #posted(): readonly { readonly notice: string; readonly idempotencyKey: string }[] {
    const ledger = emptyLedger()
    let text = ''
    try {
      text = readFileSync(this.#posts, 'utf8')
    } catch {
      return []
    }
    for (const line of text.split('\n')) takeDown(ledger, line)
    return ledger.posts
  }

  /** Ends the clients, who give up what is not answered, and the processes. */
  async leave(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await this.#load.end()
    await Promise.all(this.processes.map((each) => each.end(signal)))
    await this.lines.close()
    this.#lives.ledger.posts.push(...this.#posted())
    this.#campaign.acknowledged(this.#load.acknowledged)
  }

  /** Has proved what the processes have left; gives what is wrong with it. */
  problems(): Promise<readonly string[]> {
    return this.#lives.problems(true, false)
  }

  /** Lets all work end, ends the processes, and has what they leave proved. */
  async prove(after: string, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await this.#load.end()
    await until('nothing is left to do', () => this.#atRest(), restMaxMs)
    await this.leave(signal)
    for (const problem of await this.problems()) this.#campaign.violated(`${after}: ${problem}`)
  }

  /** Nothing is pending or parked, at two looks at all of the services. */
  async #atRest(): Promise<boolean> {
    const first = await this.#looked()
    return first !== undefined && first === (await this.#looked())
  }

  async #looked(): Promise<string | undefined> {
    let published = ''
    for (const { url } of this.processes) {
      const answer = await fetch(`${url}/admin/status`).catch(() => undefined)
      if (answer?.status !== 200) return undefined
      const { services } = (await answer.json()) as { readonly services: readonly ServiceStatus[] }
      for (const status of services) {
        const busy = status.subscriptions.some(({ pending, parked }) => pending > 0 || parked > 0)
        if (busy || status.commandsQueued > 0 || status.timers > 0) return undefined
        published += `${status.published} `
      }
    }
    return published
  }
}

interface DeployedParts {
  readonly room: BankRoom
  readonly lives: Lives
  readonly posts: string
  readonly lines: Lines
  readonly processes: readonly ServiceRun[]
}
