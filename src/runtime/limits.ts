import type { Limits } from './ports.ts'

/** Bounds that suit a service on a small machine. */
export const limitsDefault: Limits = {
  commandsMax: 10_000,
  batchMax: 512,
  replayBatchMax: 2_048,
  attemptsMax: 5,
  parkedKeysMax: 20_000,
  retryBaseMs: 200,
  retryMaxMs: 30_000,
  statesCachedMax: 4_000,
  bufferedMax: 4_096,
  leaseMs: 3_000
}
