import { boardSchemaDefault, postgresBoardScript } from '../adapters/postgres/index.ts'
import { Failure } from '../core/index.ts'
import type {
  BusPlace,
  ChosenProfile,
  KafkaPlace,
  NatsPlace,
  PostgresBoardPlace,
  PostgresPlace
} from './profile.ts'

/** A text as YAML takes it, whatever is in it; compose would replace what stands behind a dollar. */
function scalar(text: string): string {
  return JSON.stringify(text.replaceAll('$', '$$$$'))
}

const indented = (lines: readonly string[], by: number): string[] =>
  lines.map((line) => `${' '.repeat(by)}${line}`)

/** A server as its address names it. */
interface Address {
  readonly port: string
  readonly database: string
  readonly role: string
  readonly password: string
}

function addressOf(service: string, { url }: Pick<PostgresPlace, 'url'>): Address {
  const first = typeof url === 'string' ? url : (url[0] ?? '')
  const { port, pathname, username, password } = new URL(first)
  const missing = [
    ...(username === '' ? ['role'] : []),
    ...(password === '' ? ['password'] : []),
    ...(pathname.length < 2 ? ['database'] : [])
  ]
  if (missing.length > 0)
    throw new Failure('CONFIG_INVALID', {
      hint: `The url of the store of ${service} has no ${missing.join(' and no ')}: postgres://role:secret@host:5432/database`
    })
  return {
    port: port === '' ? '5432' : port,
    database: decodeURIComponent(pathname.slice(1)),
    role: decodeURIComponent(username),
    password: decodeURIComponent(password)
  }
}

const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`
const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`

/** A service that keeps its data in PostgreSQL. */
export interface PlacedService {
  readonly service: string
  readonly place: PostgresPlace
  /** Where it finds the others, if that is a table. */
  readonly board?: PostgresBoardPlace
}

/** The tables of instances in a database, each for the roles that use it. */
function boardsOf(placed: readonly PlacedService[], port: string, database: string): string[] {
  const roles = new Map<string, Set<string>>()
  for (const { service, board } of placed) {
    if (board === undefined) continue
    const address = addressOf(service, board)
    if (address.port !== port || address.database !== database) continue
    const schema = board.schema ?? boardSchemaDefault
    roles.set(schema, (roles.get(schema) ?? new Set()).add(address.role))
  }
  return [...roles].flatMap(([schema, users]) => postgresBoardScript([...users], schema).split('\n'))
}

/**
 * What an administrator of a server runs once: a role for each service, and a schema that only this role may use. One
 * role of several services gets all of their schemas. The statements are for `psql`, which connects to each database.
 */
export function rolesScript(placed: readonly PlacedService[]): string {
  const addressed = placed.map(({ service, place }) => ({
    schema: place.schema ?? service,
    ...addressOf(service, place)
  }))
  const roles = new Map(addressed.map(({ role, password }) => [role, password]))
  const databases = [...new Set(addressed.map(({ database }) => database))]
  return [
    ...[...roles].map(
      ([role, password]) => `CREATE ROLE ${identifier(role)} LOGIN PASSWORD ${literal(password)};`
    ),
    ...databases.flatMap((database) => {
      const here = addressed.filter((one) => one.database === database)
      const users = [...new Set(here.map(({ role }) => identifier(role)))].join(', ')
      return [
        `CREATE DATABASE ${identifier(database)} TEMPLATE template0 ENCODING 'UTF8';`,
        `\\connect ${identifier(database)}`,
        `REVOKE ALL ON DATABASE ${identifier(database)} FROM PUBLIC;`,
        `GRANT CONNECT ON DATABASE ${identifier(database)} TO ${users};`,
        ...here.map(
          ({ schema, role }) => `CREATE SCHEMA ${identifier(schema)} AUTHORIZATION ${identifier(role)};`
        ),
        ...boardsOf(placed, here[0]?.port ?? '', database)
      ]
    }),
    ''
  ].join('\n')
}

interface Part {
  readonly services: readonly string[]
  readonly volumes: readonly string[]
  readonly configs: readonly string[]
}

/** One server for all services of one port. */
function postgresPart(port: string, placed: readonly PlacedService[], isOnly: boolean): Part {
  const name = isOnly ? 'postgres' : `postgres-${port}`
  const script = rolesScript(placed).trimEnd().split('\n')
  return {
    services: [
      `${name}:`,
      '  image: postgres:17',
      '  environment:',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: compose asks for it when it starts the server.
      '    POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:?set it to a password for the administrator}',
      `  ports: ["127.0.0.1:${port}:5432"]`,
      `  volumes: ["${name}:/var/lib/postgresql/data"]`,
      '  configs:',
      `    - { source: ${name}-roles, target: /docker-entrypoint-initdb.d/roles.sql }`,
      '  healthcheck: { test: ["CMD", "pg_isready", "-U", "postgres"], interval: 2s, retries: 30 }'
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

function natsPart({ servers, user, password, token }: NatsPlace): Part {
  const first = typeof servers === 'string' ? servers : (servers[0] ?? '')
  const { port } = new URL(first)
  const access = [
    ...(user === undefined ? [] : ['--user', user]),
    ...(password === undefined ? [] : ['--pass', password]),
    ...(token === undefined ? [] : ['--auth', token])
  ]
  const command = ['--jetstream', '--store_dir', '/data', ...access].map(scalar).join(', ')
  return {
    services: [
      'nats:',
      '  image: nats:2.12',
      `  command: [${command}]`,
      `  ports: ["127.0.0.1:${port === '' ? '4222' : port}:4222"]`,
      '  volumes: ["nats:/data"]'
    ],
    volumes: ['nats: {}'],
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

function busParts(bus: BusPlace): readonly Part[] {
  if (bus.kind === 'feeds') return []
  return [bus.kind === 'nats' ? natsPart(bus) : kafkaPart(bus)]
}

function postgresParts(placed: readonly PlacedService[]): readonly Part[] {
  const byPort = new Map<string, PlacedService[]>()
  for (const each of placed) {
    const { port } = addressOf(each.service, each.place)
    byPort.set(port, [...(byPort.get(port) ?? []), each])
  }
  return [...byPort].map(([port, here]) => postgresPart(port, here, byPort.size === 1))
}

/**
 * A file for `docker compose` with the servers that a profile needs, on this machine and with the roles, databases and
 * ports of its addresses. Fails with `CONFIG_INVALID` when it needs none, or an address does not say enough.
 */
export function composeFile(system: string, services: readonly string[], profile: ChosenProfile): string {
  const placed = services.flatMap((service) => {
    const place = profile.storeOf(service)
    const board = profile.discoveryOf(service)
    const boards = board.kind === 'postgres' ? { board } : {}
    return place.kind === 'postgres' ? [{ service, place, ...boards }] : []
  })
  const { bus } = profile
  const parts = [...postgresParts(placed), ...busParts(bus)]
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
