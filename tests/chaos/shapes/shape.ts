import type { BusPlace } from '../../../src/cli/config.ts'
import type { PostgresServer } from '../../servers/postgres-server.ts'
import type { TcpProxy } from '../../servers/tcp-proxy.ts'
import type { Grounds } from '../grounds.ts'

/** A broker of its own, to which anything may be done. */
export interface ChaosBroker {
  readonly port: number
  /** The line to it that all services share, where it cannot tell each another address; else each gets its own. */
  readonly line?: TcpProxy
  /** What a profile says of it, when it is reached at that port; `name` keeps apart those who share it. */
  place(port: number, name: string): BusPlace
  start(): Promise<void>
  /** Ends it in good order. */
  stop(): Promise<void>
  kill(): Promise<void>
  pause(): void
  resume(): void
  /** It is paused. */
  readonly still: boolean
  /** How much it has stored. */
  readonly storedBytes: number
  /** The data are gone; only while it does not run. So with the next two. */
  wipe(): void
  /** Keeps a copy of its data. */
  save(): void
  /** Puts the copy in place of its data. */
  restore(): void
}

/** A server that a shape has. */
export interface ServerOf<Server> {
  /** The name that SKERRY_REQUIRE knows. */
  readonly name: string
  /** What this machine lacks for it. */
  readonly missing: () => string | undefined
  /** Starts it; it is gone when the campaign is over. */
  readonly start: (grounds: Grounds) => Promise<Server>
}

/** Where a bank runs that is split into processes: it says what is around them, and from that follow its faults. */
export interface Shape {
  readonly name: string
  /** Where services keep their data; without it, each has a file. */
  readonly database?: ServerOf<PostgresServer>
  /** What brings them news; without it, they ask each other by feeds. */
  readonly broker?: ServerOf<ChaosBroker>
  /** How many processes each service has; default 1. More need a database. */
  readonly instances?: number
  /** It takes too long for a quick run. */
  readonly slow?: true
}
