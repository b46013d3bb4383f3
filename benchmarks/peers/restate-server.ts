import { existsSync, writeFileSync } from 'node:fs'
import { arch, platform } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ServerProcess } from '../../tests/servers/server-process.ts'
import { freePort } from '../../tests/system/child.ts'

const binary = fileURLToPath(
  new URL(
    `node_modules/@restatedev/restate-server-${platform()}-${arch()}/bin/restate-server`,
    import.meta.url
  )
)

/** A Restate of its own in a throwaway directory; it syncs its log before it answers, as it does by default. */
export class RestateServer extends ServerProcess {
  readonly ingressPort: number
  readonly adminPort: number

  private constructor(ingressPort: number, adminPort: number) {
    super('restate')
    this.ingressPort = ingressPort
    this.adminPort = adminPort
  }

  static async start(): Promise<RestateServer> {
    if (!existsSync(binary))
      throw new Error(`Restate has no server for ${platform()} ${arch()}: ${binary} is missing.`)
    const server = new RestateServer(await freePort(), await freePort())
    const configuration = join(server.directory, 'restate.toml')
    const lines = [
      `base-dir = "${server.data}"`,
      'bind-ip = "127.0.0.1"',
      'advertised-host = "127.0.0.1"',
      `bind-port = ${await freePort()}`,
      'listen-mode = "tcp"',
      'disable-telemetry = true',
      'log-disable-ansi-codes = true',
      '[admin]',
      `bind-port = ${server.adminPort}`,
      'disable-web-ui = true',
      '[ingress]',
      `bind-port = ${server.ingressPort}`,
      '[bifrost.local]',
      'rocksdb-disable-wal-fsync = false',
      '[log-server]',
      'rocksdb-disable-wal-fsync = false',
      ''
    ]
    writeFileSync(configuration, lines.join('\n'))
    await server.launch({
      name: 'Restate',
      // It logs to its standard output, and what is waited for is looked for in the other.
      program: '/bin/sh',
      parameters: ['-c', 'exec "$@" >&2', 'sh', binary, '--no-logo', '--config-file', configuration],
      ready: 'Admin API starting',
      withinMs: 60_000
    })
    return server
  }
}
