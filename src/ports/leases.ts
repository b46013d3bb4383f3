/** A lease that a commit relies on, under the epoch with which it was taken. */
export interface Fence {
  readonly lease: string
  readonly epoch: number
}

/** One process that works on the store. */
export interface Instance {
  /** Unique for the life of the process: who comes back after a restart is another one. */
  readonly id: string
  /** Where it is reached, if it said so. */
  readonly url?: string
  /** The leases that it holds. */
  readonly leases: readonly string[]
}

/** A lease that an instance holds. */
export interface HeldLease {
  readonly name: string
  /** Counts the takings of this lease: nobody else ever holds it under the same epoch. */
  readonly epoch: number
  /** Counts what others changed of that which the lease is for (`Batch.touched`): when it differs, read again. */
  readonly changes: number
}

/** What an instance says of itself once in a while. */
export interface BeatRequest {
  readonly instance: string
  readonly url?: string
  /** So long it is believed to be alive without another beat, by the time of the store. */
  readonly ttlMs: number
  /** The leases that it can make use of. */
  readonly names: readonly string[]
  /** Of those that it held, the ones it has no more to do with: they are free at once. */
  readonly released: readonly string[]
}

/** What an instance is told in answer. */
export interface Beat {
  readonly held: readonly HeldLease[]
  /** Of those held, the ones that it should give up, so that others come to their share. */
  readonly surplus: readonly string[]
  /** All that are alive, the oldest first. */
  readonly instances: readonly Instance[]
}

/**
 * Who of several instances does what. A lease has one holder at most; it stays that until it releases the lease,
 * leaves, or lets its time pass without a beat and another takes it. Then the epoch has moved on, and a commit with a
 * fence of the former one fails with `LEASE_LOST`: so a holder that was paused does no harm, whatever it believes.
 *
 * Each beat takes those free leases that fall to the instance, and leases that one instance has too many of come to the
 * others by and by: no lease moves that need not. All times are those of the store. Calls may overlap. They fail with
 * `STORE_UNAVAILABLE`; nobody knows then whether they had their effect, and the next beat tells.
 */
export interface Leases {
  beat(request: BeatRequest): Promise<Beat>
  /** Takes an instance out: what it held is free at once. */
  leave(instance: string): Promise<void>
  /** All that are alive, the oldest first. */
  instances(): Promise<readonly Instance[]>
}
