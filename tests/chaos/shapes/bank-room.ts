import { cpSync, renameSync, rmSync } from 'node:fs'
import { postgresMissing } from '../../servers/postgres-binaries.ts'
import { PostgresServer } from '../../servers/postgres-server.ts'
import type { Lines } from './lines.ts'
import type { ServerOf } from './shape.ts'

/** The services of the bank, each of which is a process. */
export const bankServices = ['bank', 'transfers', 'notices'] as const

/** Where a bank keeps its data. */
export interface BankRoom {
  /** Where who proves it finds them: a directory, or the address of a database. */
  readonly place: string
  /** The same as a process finds it, which reaches a server by a line of its own. */
  seenBy(process: string, lines: Lines): Promise<string>
  /** Keeps a copy of the data, while nobody writes. */
  save(): Promise<void>
  /** Puts the copy in place of the data; only when the processes have ended. */
  restore(): Promise<void>
}

/** A file for each service in a directory. */
export function filesRoom(directory: string): BankRoom {
  const copy = `${directory}-copy`
  return {
    place: directory,
    seenBy: async () => directory,
    save: async () => cpSync(directory, copy, { recursive: true }),
    async restore() {
      rmSync(directory, { recursive: true })
      renameSync(copy, directory)
    }
  }
}

/** PostgreSQL, where each service has a role of its name. */
export const postgresDatabase: ServerOf<PostgresServer> = {
  name: 'postgres',
  missing: postgresMissing,
  async start(grounds) {
    const server = await PostgresServer.start()
    grounds.defer(() => server.remove())
    for (const service of bankServices) await server.admin('postgres', `CREATE ROLE ${service} LOGIN`)
    return server
  }
}

/** A new database, with a schema for each service. */
export async function databaseRoom(server: PostgresServer, name: string): Promise<BankRoom> {
  const schemas = bankServices.map((service) => `CREATE SCHEMA ${service} AUTHORIZATION ${service}`)
  await server.admin('postgres', `CREATE DATABASE ${name}`)
  await server.admin(name, ...schemas)
  const at = (port: number): string => `postgres://127.0.0.1:${port}/${name}`
  return {
    place: at(server.port),
    seenBy: async (process, lines) => at(await lines.add('store', process, server.port)),
    save: () => server.save(),
    restore: () => server.restore()
  }
}
