import { setTimeout as pause } from 'node:timers/promises'
import type { PostgresServer } from '../../servers/postgres-server.ts'
import { between } from '../chance.ts'
import type { Strike } from './strike.ts'

/** How long a server stays away or stands still. */
const away = (): Promise<void> => pause(between(0, 1_500))

/** What tells one start of the server from another. */
async function startedAt(server: PostgresServer): Promise<string> {
  const [row] = await server.admin('postgres', 'SELECT pg_postmaster_start_time()::text AS it')
  return String(row?.['it'])
}

/** The server ends in some way, and begins again after a while. */
function restart(name: string, story: string, end: (server: PostgresServer) => Promise<void>): Strike {
  return {
    name,
    story,
    ...(name === 'db-kill' ? { quick: true } : {}),
    async strike({ servers: { postgres } }) {
      const before = await startedAt(postgres)
      await end(postgres)
      await away()
      await postgres.begin()
      return (await startedAt(postgres)) !== before
    }
  }
}

const pausedDatabase: Strike = {
  name: 'db-pause',
  story: 'all processes of PostgreSQL are stopped and go on later',
  quick: true,
  async strike(bank) {
    const { postgres } = bank.servers
    await postgres.pause()
    try {
      await away()
    } finally {
      postgres.resume()
    }
    return true
  }
}

const terminated: Strike = {
  name: 'db-terminate',
  story: 'all connections to PostgreSQL are terminated, some times in a row',
  quick: true,
  async strike({ servers: { postgres } }) {
    let ended = 0
    for (let times = between(1, 4); times > 0; times--) {
      ended += await postgres.terminateAll()
      await pause(between(0, 200))
    }
    return ended > 0
  }
}

export const strikesOfPostgres: readonly Strike[] = [
  restart('db-restart', 'PostgreSQL is stopped in good order and started again', (server) =>
    server.stop('fast')
  ),
  restart('db-stop', 'PostgreSQL is stopped immediately and started again', (server) =>
    server.stop('immediate')
  ),
  restart('db-kill', 'kill -9 of PostgreSQL', (server) => server.kill()),
  pausedDatabase,
  terminated
]
