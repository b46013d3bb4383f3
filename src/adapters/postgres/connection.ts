/** What a query gave: of the result of the driver, only this is used. */
export interface PostgresResult {
  readonly rows: readonly Readonly<Record<string, unknown>>[]
}

/** A statement that comes again and again: a connection keeps what the server made of its text under its name. */
export interface NamedQuery {
  readonly name: string
  readonly text: string
  readonly values: unknown[]
}

/** A connection taken from a pool, as the package `pg` has it. */
export interface PostgresConnection {
  query(text: string, values?: unknown[]): Promise<PostgresResult>
  query(named: NamedQuery): Promise<PostgresResult>
  on(event: 'error', listener: (error: Error) => void): unknown
  /** Gives it back to its pool; with `true` it is closed. */
  release(destroy?: boolean): void
}

/** Connections to one address, as `Pool` of the package `pg` has them. */
export interface PostgresPool {
  connect(): Promise<PostgresConnection>
  /** Told of what an unused connection met; and of each new connection, before anybody is given it. */
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'connect', listener: (connection: Pick<PostgresConnection, 'on'>) => void): unknown
  end(): Promise<void>
}

/** A row as the driver gives it. */
export type Row = Readonly<Record<string, unknown>>
