import type { NamedQuery, PostgresConnection, PostgresPool } from '../../src/adapters/postgres/index.ts'

/** What is done in place of a query of a connection. */
export type QueryInstead = (
  connection: PostgresConnection,
  text: string,
  values: unknown[] | undefined
) => ReturnType<PostgresConnection['query']>

/** Connections whose queries go through a function of a test. */
export function watchedPool(pool: PostgresPool, instead: QueryInstead): PostgresPool {
  const wrapped = new WeakMap<PostgresConnection, PostgresConnection>()
  const wrap = (connection: PostgresConnection): PostgresConnection =>
    new Proxy(connection, {
      get: (target, name) => {
        if (name === 'query')
          return (given: string | NamedQuery, values?: unknown[]) =>
            typeof given === 'string'
              ? instead(target, given, values)
              : instead(target, given.text, given.values)
        const member: unknown = Reflect.get(target, name)
        return typeof member === 'function' ? member.bind(target) : member
      }
    })
  return {
    connect: async () => {
      const connection = await pool.connect()
      const known = wrapped.get(connection) ?? wrap(connection)
      wrapped.set(connection, known)
      return known
    },
    on: pool.on.bind(pool),
    end: () => pool.end()
  }
}
