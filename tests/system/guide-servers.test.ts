import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { root } from '../../scripts/source-files.ts'
import { NatsServer, natsMissing } from '../servers/nats-server.ts'
import { postgresBinaries, postgresMissing } from '../servers/postgres-binaries.ts'
import { PostgresServer } from '../servers/postgres-server.ts'
import { available } from '../servers/required.ts'
import { freePort } from './child.ts'
import { hireDirectory, twoPorts } from './hire-directory.ts'
import { played } from './session.ts'

interface ComposeFile {
  readonly configs: Readonly<Record<string, { readonly content: string }>>
}

/** Does what compose does with the file: what an administrator of a new server runs. */
function runRoles(file: string, port: number): void {
  const { configs } = parse(readFileSync(file, 'utf8')) as ComposeFile
  const input = configs['postgres-roles']?.content ?? ''
  expect(input).toContain('CREATE SCHEMA "rides"')
  const address = ['-h', '127.0.0.1', '-p', `${port}`, '-U', 'postgres', '-d', 'postgres']
  const ran = spawnSync(join(postgresBinaries() ?? '', 'psql'), ['-v', 'ON_ERROR_STOP=1', ...address], {
    input,
    encoding: 'utf8'
  })
  expect([ran.stderr, ran.status]).toEqual(['', 0])
}

const servers = 'examples/guide/sessions/servers.txt'

describe.runIf(available('postgres', postgresMissing()) && available('nats', natsMissing()))(
  'with PostgreSQL and NATS',
  () => {
    test(`${servers}: from files to servers, and several instances`, async () => {
      const postgres = await PostgresServer.start()
      onTestFinished(() => postgres.remove())
      await postgres.stop('fast')
      const nats = new NatsServer(await freePort(), {})
      onTestFinished(() => nats.remove())
      const directory = hireDirectory({
        'skerry.config.ts': 'examples/guide/hire/skerry.config.ts',
        'servers.config.ts': 'examples/guide/hire/servers.config.ts'
      })
      const file = join(root, servers)
      const session = await played(readFileSync(file, 'utf8'), {
        directory,
        bin: join(directory, 'bin'),
        fromSource: true,
        ports: await twoPorts(),
        servers: { 5432: postgres.port, 4222: nats.port },
        env: { DATABASE: `127.0.0.1:${postgres.port}/hire`, NATS: `127.0.0.1:${nats.port}` },
        instead: {
          'docker compose up -d --wait': async () => {
            await Promise.all([postgres.begin(), nats.start()])
            runRoles(join(directory, 'compose.yaml'), postgres.port)
          }
        }
      })
      await expect(session).toMatchFileSnapshot(file)
    })
  }
)
