import { postgresMissing } from '../../tests/servers/postgres-binaries.ts'
import { byDefault, PostgresServer } from '../../tests/servers/postgres-server.ts'
import { pidsOf } from '../pipeline/server-use.ts'
import type { PeerOptions } from './peer.ts'
import { RedisServer } from './redis-server.ts'
import { RestateServer } from './restate-server.ts'

/** A server beside the PostgreSQL that all may use. */
export type Engine = 'redis' | 'restate'

/** The servers of one program of this directory, on this machine. */
interface Given {
  readonly options: Pick<PeerOptions, 'postgres' | 'redisPort' | 'restate' | 'servers'>
  /** Ends those that were started for it. */
  remove(): Promise<void>
}

/** One PostgreSQL for all, a database for each, and whatever else one of them needs while it runs. */
export class PeerServers {
  readonly #postgres: PostgresServer

  private constructor(postgres: PostgresServer) {
    this.#postgres = postgres
  }

  static async start(): Promise<PeerServers> {
    const missing = postgresMissing()
    if (missing !== undefined) throw new Error(missing)
    return new PeerServers(await PostgresServer.start(byDefault))
  }

  /** An empty database, and an engine of its own where one is needed; fails, saying what to install, when it is missing. */
  async give(name: string, engine: Engine | undefined): Promise<Given> {
    const database = name.replaceAll('-', '_')
    await this.#postgres.admin('postgres', `CREATE DATABASE ${database}`)
    const redis = engine === 'redis' ? await RedisServer.start() : undefined
    const restate = engine === 'restate' ? await RestateServer.start() : undefined
    const options = {
      servers: pidsOf({ postgres: this.#postgres.pid, redis: redis?.pid, restate: restate?.pid }),
      postgres: { port: this.#postgres.port, database },
      ...(redis && { redisPort: redis.port }),
      ...(restate && { restate: { ingressPort: restate.ingressPort, adminPort: restate.adminPort } })
    }
    return {
      options,
      remove: async () => {
        await redis?.remove()
        await restate?.remove()
        // What the next one is measured with must not be busy with what this one left.
        await this.#postgres.admin('postgres', `DROP DATABASE ${database} WITH (FORCE)`, 'CHECKPOINT')
      }
    }
  }

  async remove(): Promise<void> {
    await this.#postgres.remove()
  }
}
