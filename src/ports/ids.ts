/**
 * Everything that must differ from call to call. `unique` is unique for ever and never empty; `traceId` and `spanId`
 * are as W3C Trace Context has them (32 and 16 lower-case hex digits, not all zero); `random` is uniform in [0, 1).
 */
export interface Ids {
  unique(): string
  traceId(): string
  spanId(): string
  random(): number
}
