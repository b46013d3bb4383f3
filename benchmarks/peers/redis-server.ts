import { delimiter, join } from 'node:path'
import { isProgram } from '../../tests/servers/programs.ts'
import { ServerProcess } from '../../tests/servers/server-process.ts'
import { freePort } from '../../tests/system/child.ts'

const names = ['redis-server', 'valkey-server']

function programs(): readonly string[] {
  const directories = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/usr/local/bin']
  return names.flatMap((name) => directories.map((directory) => join(directory, name)))
}

/** A Redis or Valkey of its own in a throwaway directory, that answers a write when it is on the disk. */
export class RedisServer extends ServerProcess {
  readonly port: number

  private constructor(port: number) {
    super('redis')
    this.port = port
  }

  static async start(): Promise<RedisServer> {
    const program = programs().find(isProgram)
    if (program === undefined)
      throw new Error(`There is no ${names.join(' or ')} on the PATH: apt-get install redis-server.`)
    const server = new RedisServer(await freePort())
    const settings = {
      bind: '127.0.0.1',
      port: String(server.port),
      dir: server.directory,
      appendonly: 'yes',
      appendfsync: 'always',
      save: '',
      'maxmemory-policy': 'noeviction'
    }
    await server.launch({
      name: 'Redis',
      // It logs to its standard output, and what is waited for is looked for in the other.
      program: '/bin/sh',
      parameters: [
        ...['-c', 'exec "$@" >&2', 'sh', program],
        ...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value])
      ],
      ready: 'eady to accept connections',
      withinMs: 20_000
    })
    return server
  }
}
