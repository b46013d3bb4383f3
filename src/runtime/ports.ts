import type { Bus, Clock, Effects, Ids, Log, Store } from '../ports/index.ts'

/** Bounds of one service. */
export interface Limits {
  /** Commands accepted but not yet committed; more are refused with `OVERLOADED`. Default 10,000. */
  readonly commandsMax: number
  /** Commands and messages decided in one transaction. Default 512. */
  readonly batchMax: number
  /** Messages folded in one transaction by a projection that is being rebuilt. Default 2,048. */
  readonly replayBatchMax: number
  /** Attempts of a failing transition before it is a dead letter. Default 5. */
  readonly attemptsMax: number
  /**
   * Keys of one subscription whose messages are set aside, dead ones too; beyond that it takes nothing more until some
   * are dealt with, so that a part which fails nearly always cannot fill the memory. Default 20,000.
   */
  readonly parkedKeysMax: number
  /** The longest pause before the second attempt of a failing transition; it doubles with each. Default 200. */
  readonly retryBaseMs: number
  /** The longest pause between any two attempts. Default 30,000. */
  readonly retryMaxMs: number
  /** States kept in memory per service; others are read from the store when they are needed. Default 4,000. */
  readonly statesCachedMax: number
  /** Messages that a subscription keeps in memory before it reads them from the feed instead, per source. Default 4,096. */
  readonly bufferedMax: number
  /**
   * How long an instance that shares its store with others is believed to be alive without a sign of life; it gives
   * one three times as often. Default 3,000.
   */
  readonly leaseMs: number
}

/** Everything a system needs from outside itself. */
export interface RuntimePorts {
  /** Opens the store of a service; called once a service. */
  readonly openStore: (service: string) => Promise<Store>
  readonly bus: Bus
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  /** Guards for one service's effects. */
  readonly effects: (service: string) => Effects
  readonly limits?: Partial<Limits>
}
