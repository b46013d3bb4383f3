import type { BusPlace } from '../../../src/cli/config.ts'
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

/** Where a bank runs that is split into processes: on PostgreSQL, and with a broker or without one. */
export interface Shape {
  readonly name: string
  /** The servers that it needs, by the names that SKERRY_REQUIRE knows, and what each lacks on this machine. */
  readonly servers: readonly { readonly name: string; readonly missing: () => string | undefined }[]
  /** How many processes each service has; default 1. */
  readonly instances?: number
  /** It takes too long for a quick run. */
  readonly slow?: true
  /** Starts its broker, which is gone when the campaign is over; without it news come by the feeds. */
  readonly broker?: (grounds: Grounds) => Promise<ChaosBroker>
}
