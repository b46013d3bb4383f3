import { boardSchemaDefault, postgresBoardScript } from '../adapters/postgres/index.ts'
import { Failure } from '../core/index.ts'
import { storeConnections } from './open-store.ts'
import type { ChosenProfile } from './profile.ts'

/** A schema of a database that somebody signs in to with a role: for a store of its own, or a table of instances. */
export interface SchemaNeed {
  readonly kind: 'store' | 'board'
  readonly port: string
  readonly database: string
  readonly schema: string
  readonly role: string
  readonly password: string
  /** How many connections all processes of the service open there at most. */
  readonly connections: number
}

/** What `what` needs, by its address. Fails with `CONFIG_INVALID` when that does not say enough. */
function needOf(
  kind: SchemaNeed['kind'],
  what: string,
  url: string | readonly string[],
  schema: string,
  connections: number
): SchemaNeed {
  const first = typeof url === 'string' ? url : (url[0] ?? '')
  const { port, pathname, username, password } = new URL(first)
  const missing = [
    ...(username === '' ? ['role'] : []),
    ...(password === '' ? ['password'] : []),
    ...(pathname.length < 2 ? ['database'] : [])
  ]
  if (missing.length > 0)
    throw new Failure('CONFIG_INVALID', {
      hint: `The url of the ${what} has no ${missing.join(' and no ')}: postgres://role:secret@host:5432/database`
    })
  return {
    kind,
    port: port === '' ? '5432' : port,
    database: decodeURIComponent(pathname.slice(1)),
    schema,
    role: decodeURIComponent(username),
    password: decodeURIComponent(password),
    connections
  }
}

/** Everything that the services need of PostgreSQL in a profile. */
export function schemaNeeds(services: readonly string[], profile: ChosenProfile): readonly SchemaNeed[] {
  return services.flatMap((service) => {
    const store = profile.storeOf(service)
    const board = profile.discoveryOf(service)
    const instances = profile.instancesOf(service)
    return [
      ...(store.kind === 'postgres'
        ? [
            needOf(
              'store',
              `store of ${service}`,
              store.url,
              store.schema ?? service,
              instances * storeConnections(store)
            )
          ]
        : []),
      ...(board.kind === 'postgres'
        ? [
            needOf(
              'board',
              `discovery of ${service}`,
              board.url,
              board.schema ?? boardSchemaDefault,
              instances
            )
          ]
        : [])
    ]
  })
}

const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`
const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`

/** What a new server has before anybody makes it. */
const administrator = 'postgres'

function roleLines(needs: readonly SchemaNeed[]): string[] {
  const passwords = new Map<string, string>()
  for (const { role, password } of needs) {
    if ((passwords.get(role) ?? password) !== password)
      throw new Failure('CONFIG_INVALID', { hint: `The profile has two passwords for the role '${role}'.` })
    passwords.set(role, password)
  }
  return [...passwords].map(
    ([role, password]) =>
      `${role === administrator ? 'ALTER' : 'CREATE'} ROLE ${identifier(role)} LOGIN PASSWORD ${literal(password)};`
  )
}

function storeLine({ schema, role }: SchemaNeed): string {
  return schema === 'public'
    ? `ALTER SCHEMA public OWNER TO ${identifier(role)};`
    : `CREATE SCHEMA ${identifier(schema)} AUTHORIZATION ${identifier(role)};`
}

function boardLines(boards: readonly SchemaNeed[]): string[] {
  const roles = new Map<string, Set<string>>()
  for (const { schema, role } of boards) roles.set(schema, (roles.get(schema) ?? new Set()).add(role))
  return [...roles].flatMap(([schema, users]) => postgresBoardScript([...users], schema).split('\n'))
}

function checkBoards(database: string, here: readonly SchemaNeed[]): void {
  const stores = new Set(here.filter(({ kind }) => kind === 'store').map(({ schema }) => schema))
  const clash = here.find(({ kind, schema }) => kind === 'board' && stores.has(schema))
  if (clash)
    throw new Failure('CONFIG_INVALID', {
      hint: `The schema '${clash.schema}' of the database '${database}' is that of a store, and discovery has it, too: give discovery another with 'schema'.`
    })
}

function databaseLines(database: string, here: readonly SchemaNeed[]): string[] {
  checkBoards(database, here)
  const name = identifier(database)
  const users = [...new Set(here.map(({ role }) => identifier(role)))].join(', ')
  return [
    ...(database === administrator ? [] : [`CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8';`]),
    `\\connect ${name}`,
    `REVOKE ALL ON DATABASE ${name} FROM PUBLIC;`,
    `GRANT CONNECT ON DATABASE ${name} TO ${users};`,
    ...here.filter(({ kind }) => kind === 'store').map(storeLine),
    ...boardLines(here.filter(({ kind }) => kind === 'board'))
  ]
}

/**
 * What an administrator of a server runs once: the roles, for each service a schema that only its role may use, and the
 * tables of instances, which each role may use that is to find others there. One role of several services gets all of
 * their schemas. The statements are for `psql`, which connects to each database. Fails with `CONFIG_INVALID` for a role
 * with two passwords.
 */
export function rolesScript(needs: readonly SchemaNeed[]): string {
  const databases = [...new Set(needs.map(({ database }) => database))]
  return [
    ...roleLines(needs),
    ...databases.flatMap((database) =>
      databaseLines(
        database,
        needs.filter((need) => need.database === database)
      )
    ),
    ''
  ].join('\n')
}
