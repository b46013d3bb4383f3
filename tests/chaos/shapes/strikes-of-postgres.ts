import { setTimeout as pause } from 'node:timers/promises'
import type { PostgresServer } from '../../servers/postgres-server.ts'
import { between } from '../chance.ts'
import type { DeployedBank } from './deployed-bank.ts'
import type { Strike } from './strike.ts'

function databaseOf({ servers: { database } }: DeployedBank): PostgresServer {
  if (!database) throw new Error('This bank has no database.')
  return database
}

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
    needs: 'database',
    ...(name === 'db-kill' ? { quick: true } : {}),
    async strike(bank) {
      const server = databaseOf(bank)
      const before = await startedAt(server)
      await end(server)
      await away()
      await server.begin()
      return (await startedAt(server)) !== before
    }
  }
}

const pausedDatabase: Strike = {
  name: 'db-pause',
  story: 'all processes of PostgreSQL are stopped and go on later',
  needs: 'database',
  quick: true,
  async strike(bank) {
    const server = databaseOf(bank)
    await server.pause()
    try {
      await away()
    } finally {
      server.resume()
    }
    return true
  }
}

const terminated: Strike = {
  name: 'db-terminate',
  story: 'all connections to PostgreSQL are terminated, some times in a row',
  needs: 'database',
  quick: true,
  async strike(bank) {
    const server = databaseOf(bank)
    let ended = 0
    for (let times = between(1, 4); times > 0; times--) {
      ended += await server.terminateAll()
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
