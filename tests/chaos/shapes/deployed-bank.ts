import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BusPlace } from '../../../src/cli/config.ts'
import type { ServiceStatus } from '../../../src/runtime/index.ts'
import type { PostgresServer } from '../../servers/postgres-server.ts'
import { freePort, until } from '../../system/child.ts'
import { emptyLedger, takeDown } from '../../system/ledger.ts'
import type { Campaign } from '../campaign.ts'
import { compiledCode } from '../grounds.ts'
import { Lives } from '../proving.ts'
import { type BankSurroundings, surroundingsVariable } from './bank.config.ts'
import { ClientLoad } from './client-load.ts'
import { Lines } from './lines.ts'
import { ServiceRun } from './service-run.ts'
import type { ChaosBroker } from './shape.ts'

/** The services of the bank, each of which is a process. */
export const bankServices = ['bank', 'transfers', 'notices'] as const

/** Whoever has not come to rest by then hangs. */
const restMaxMs = 90_000

/** The servers of a campaign. */
export interface BankServers {
  readonly postgres: PostgresServer
  readonly broker: ChaosBroker | undefined
}

/** A bank in three processes on servers, and clients that keep it busy. What it has promised is written down here. */
export class DeployedBank {
  readonly servers: BankServers
  readonly lines: Lines = new Lines()
  readonly #campaign: Campaign
  readonly #lives: Lives
  readonly #posts: string
  readonly #services: readonly ServiceRun[]
  readonly #load: ClientLoad
  #probes = 0

  private constructor(
    campaign: Campaign,
    servers: BankServers,
    { lives, posts, lines, services }: DeployedParts
  ) {
    this.#campaign = campaign
    this.servers = servers
    this.lines = lines
    this.#lives = lives
    this.#posts = posts
    this.#services = services
    this.#load = new ClientLoad({
      urlOf: (service) => this.service(service).url,
      ledger: lives.ledger,
      life: 'c',
      violated: (what) => campaign.violated(what)
    })
  }

  /** Makes a database, and starts the processes on it. Resolves when all of them are up. */
  static async start(campaign: Campaign, servers: BankServers, name: string): Promise<DeployedBank> {
    await newDatabase(servers.postgres, name)
    const { grounds } = campaign
    const directory = grounds.directory('bank')
    const posts = join(directory, 'posts')
    const lines = new Lines()
    grounds.defer(() => lines.close())
    const ports = new Map<string, number>()
    for (const service of bankServices) ports.set(service, await freePort())
    const services: ServiceRun[] = []
    for (const service of bankServices) {
      const env = await surroundings({ service, servers, lines, ports, name, posts })
      const run = new ServiceRun({
        service,
        directory,
        port: ports.get(service) ?? 0,
        env: { ...env, NODE_COMPILE_CACHE: compiledCode() },
        onCrash: (how) => campaign.violated(how)
      })
      grounds.defer(() => run.end('SIGKILL'))
      services.push(run)
    }
    await until('the services are up', async () => services.every(({ up }) => up), restMaxMs)
    const lives = new Lives(campaign, `postgres://127.0.0.1:${servers.postgres.port}/${name}`)
    return new DeployedBank(campaign, servers, { lives, posts, lines, services })
  }

  service(name: string): ServiceRun {
    const found = this.#services.find(({ service }) => service === name)
    if (!found) throw new Error(`There is no ${name}.`)
    return found
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
    await Promise.all(this.#services.map((service) => service.end(signal)))
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
    for (const { url } of this.#services) {
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
  readonly lives: Lives
  readonly posts: string
  readonly lines: Lines
  readonly services: readonly ServiceRun[]
}

async function newDatabase(postgres: PostgresServer, name: string): Promise<void> {
  await postgres.admin('postgres', `CREATE DATABASE ${name}`)
  await postgres.admin(
    name,
    ...bankServices.map((service) => `CREATE SCHEMA ${service} AUTHORIZATION ${service}`)
  )
}

interface ServicePlace {
  readonly service: string
  readonly servers: BankServers
  readonly lines: Lines
  readonly ports: ReadonlyMap<string, number>
  readonly name: string
  readonly posts: string
}

/** The environment of a service: it reaches everything through lines of its own. */
async function surroundings(place: ServicePlace): Promise<Record<string, string>> {
  const { service, servers, lines, ports, name, posts } = place
  const { postgres, broker } = servers
  const database = `postgres://127.0.0.1:${await lines.add('store', service, postgres.port)}/${name}`
  const bus: BusPlace = broker
    ? broker.place(await lines.add('broker', service, broker.port, broker.line), name)
    : { kind: 'feeds' }
  const urls: string[] = []
  for (const [other, port] of ports)
    if (other !== service) urls.push(`${other}=http://127.0.0.1:${await lines.add('feeds', service, port)}`)
  const said: BankSurroundings = { database, bus, posts }
  return { [surroundingsVariable]: JSON.stringify(said), SKERRY_URLS: urls.join() }
}
