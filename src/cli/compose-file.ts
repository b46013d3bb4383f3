import { Failure } from '../core/index.ts'
import type { ChosenProfile, KafkaPlace, NatsPlace } from './profile.ts'
import { rolesScript, type SchemaNeed, schemaNeeds } from './roles-script.ts'

/** How somebody gets in at a NATS server. */
type NatsAccess = Pick<NatsPlace, 'servers' | 'user' | 'password' | 'token'>

/** A text as YAML takes it, whatever is in it; compose would replace what stands behind a dollar. */
function scalar(text: string): string {
  return JSON.stringify(text.replaceAll('$', '$$$$'))
}

const indented = (lines: readonly string[], by: number): string[] =>
  lines.map((line) => `${' '.repeat(by)}${line}`)

interface Part {
  readonly services: readonly string[]
  readonly volumes: readonly string[]
  readonly configs: readonly string[]
}

/** What a new PostgreSQL has, what it keeps from roles, and what tools and copies shall find beside the services. */
const [connectionsDefault, connectionsKept, connectionsSpare] = [100, 3, 10]

/** The line that gives a server more connections; none where those of a new one are enough. */
function connectionLines(needs: readonly SchemaNeed[]): string[] {
  const needed = needs.reduce((sum, { connections }) => sum + connections, connectionsKept + connectionsSpare)
  return needed <= connectionsDefault ? [] : [`  command: ["-c", "max_connections=${needed}"]`]
}

/** One server for all that has its port. */
function postgresPart(port: string, needs: readonly SchemaNeed[], isOnly: boolean): Part {
  const name = isOnly ? 'postgres' : `postgres-${port}`
  const script = rolesScript(needs).trimEnd().split('\n')
  return {
    services: [
      `${name}:`,
      '  image: postgres:17',
      ...connectionLines(needs),
      '  environment:',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: compose asks for it when it starts the server.
      '    POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:?set it to a password for the administrator}',
      `  ports: ["127.0.0.1:${port}:5432"]`,
      `  volumes: ["${name}:/var/lib/postgresql/data"]`,
      '  configs:',
      `    - { source: ${name}-roles, target: /docker-entrypoint-initdb.d/roles.sql }`,
      // By its address: while the roles are made, the server answers by a socket only.
      '  healthcheck: { test: ["CMD", "pg_isready", "-h", "127.0.0.1", "-U", "postgres"], interval: 2s, retries: 30 }'
    ],
    volumes: [`${name}: {}`],
    configs: [
      `${name}-roles:`,
      '  content: |',
      ...indented(
        script.map((line) => line.replaceAll('$', '$$$$')),
        4
      )
    ]
  }
}

/** One server for all that has its port: rows and instances may be at the same one. */
function natsPart(port: string, places: readonly NatsAccess[], isOnly: boolean): Part {
  const accesses = new Map(
    places.map(({ user, password, token }) => [
      JSON.stringify([user, password, token]),
      [
        ...(user === undefined ? [] : ['--user', user]),
        ...(password === undefined ? [] : ['--pass', password]),
        ...(token === undefined ? [] : ['--auth', token])
      ]
    ])
  )
  if (accesses.size > 1)
    throw new Failure('CONFIG_INVALID', {
      hint: `The profile signs in at the NATS server of port ${port} in two ways, and skerry up makes one with one.`
    })
  const access = [...accesses.values()].flat()
  const name = isOnly ? 'nats' : `nats-${port}`
  const command = ['--jetstream', '--store_dir', '/data', ...access].map(scalar).join(', ')
  return {
    services: [
      `${name}:`,
      '  image: nats:2.12',
      `  command: [${command}]`,
      `  ports: ["127.0.0.1:${port}:4222"]`,
      `  volumes: ["${name}:/data"]`
    ],
    volumes: [`${name}: {}`],
    configs: []
  }
}

function kafkaPart({ brokers, user }: KafkaPlace): Part {
  if (user !== undefined)
    throw new Failure('CONFIG_INVALID', {
      hint: 'The bus of the profile signs in at Kafka, which needs a server that somebody set up for it: skerry up makes one without.'
    })
  const first = typeof brokers === 'string' ? brokers : (brokers[0] ?? '')
  const port = first.slice(first.lastIndexOf(':') + 1)
  const settings = {
    KAFKA_NODE_ID: '1',
    KAFKA_PROCESS_ROLES: 'broker,controller',
    KAFKA_LISTENERS: 'PLAINTEXT://:9092,CONTROLLER://:9093',
    // What clients are sent to: the port that they know.
    KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://127.0.0.1:${port}`,
    KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
    KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
    KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1'
  }
  return {
    services: [
      'kafka:',
      '  image: apache/kafka:4.1.0',
      '  environment:',
      ...Object.entries(settings).map(([name, value]) => `    ${name}: ${scalar(value)}`),
      `  ports: ["127.0.0.1:${port}:9092"]`,
      '  volumes: ["kafka:/var/lib/kafka/data"]'
    ],
    volumes: ['kafka: {}'],
    configs: []
  }
}

/** What stands at the same port, by the ports in the order in which they come. */
function byPort<Place>(
  places: readonly Place[],
  portOf: (place: Place) => string
): readonly (readonly [string, readonly Place[]])[] {
  const found = new Map<string, Place[]>()
  for (const place of places) found.set(portOf(place), [...(found.get(portOf(place)) ?? []), place])
  return [...found]
}

function natsPort({ servers }: NatsAccess): string {
  const { port } = new URL(typeof servers === 'string' ? servers : (servers[0] ?? ''))
  return port === '' ? '4222' : port
}

function partsOf(services: readonly string[], profile: ChosenProfile): readonly Part[] {
  const { bus } = profile
  const postgres = byPort(schemaNeeds(services, profile), ({ port }) => port)
  const boards = services.map((service) => profile.discoveryOf(service))
  const nats = byPort(
    [...(bus.kind === 'nats' ? [bus] : []), ...boards.filter((board) => board.kind === 'nats')],
    natsPort
  )
  return [
    ...postgres.map(([port, needs]) => postgresPart(port, needs, postgres.length === 1)),
    ...nats.map(([port, places]) => natsPart(port, places, nats.length === 1)),
    ...(bus.kind === 'kafka' ? [kafkaPart(bus)] : [])
  ]
}

/**
 * A file for `docker compose` with the servers that a profile needs, on this machine and with the roles, databases and
 * ports of its addresses. Fails with `CONFIG_INVALID` when it needs none, or an address does not say enough.
 */
export function composeFile(system: string, services: readonly string[], profile: ChosenProfile): string {
  const parts = partsOf(services, profile)
  if (parts.length === 0)
    throw new Failure('CONFIG_INVALID', {
      hint: `The profile '${profile.name ?? ''}' needs no server: its data are in files, its news come by feeds.`
    })
  const section = (name: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : [`${name}:`, ...indented(lines, 2)]
  return [
    `# The servers of the profile '${profile.name ?? ''}' of ${system}. Start them: docker compose up -d --wait`,
    `name: ${scalar(system)}`,
    ...section(
      'services',
      parts.flatMap((part) => part.services)
    ),
    ...section(
      'configs',
      parts.flatMap((part) => part.configs)
    ),
    ...section(
      'volumes',
      parts.flatMap((part) => part.volumes)
    ),
    ''
  ].join('\n')
}
