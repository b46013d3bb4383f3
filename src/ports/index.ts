export {
  type AttributeEncoding,
  type BinaryCloudEvent,
  binaryCloudEventOf,
  cloudEventReferenceOf,
  isCloudEventReference,
  rowOfBinaryCloudEvent
} from './binary-cloud-event.ts'
export {
  type BoardDiscoveryOptions,
  boardDiscovery
} from './board-discovery.ts'
export type { Bus, BusGuarantees } from './bus.ts'
export type { Cancel, Clock } from './clock.ts'
export {
  type CloudEvent,
  type CloudEventProblem,
  cloudEventOf,
  cloudEventsBatchType,
  rowOfCloudEvent
} from './cloud-event.ts'
export { Complaints } from './complaints.ts'
export type { Discovery } from './discovery.ts'
export type { AttemptResult, EffectAttempt, EffectGuard, Effects } from './effects.ts'
export type { Feed } from './feed.ts'
export { type FeedHeads, feedPageRows, feedWaitMaxMs } from './feed-protocol.ts'
export type { Ids } from './ids.ts'
export {
  type InstanceBoard,
  type InstanceNotice,
  type InstanceUrls,
  instanceUrls,
  noticeMs,
  type PostedInstance
} from './instance-board.ts'
export { InstanceLooks, instanceLook } from './instance-looks.ts'
export { type LeaseMember, type LeaseShare, leaseShare } from './lease-shares.ts'
export type { Beat, BeatRequest, Fence, HeldLease, Instance, Leases } from './leases.ts'
export type { Log, LogFields } from './log.ts'
export {
  type Address,
  type BatchPosition,
  hasSign,
  type LogRow,
  type NewLogRow,
  type ReplyTo,
  type RowSign,
  rowId,
  rowSign
} from './log-row.ts'
export { OutgoingRows } from './outgoing-rows.ts'
export { type Comparison, comparisons, type Filter, type Query, type QueryPage } from './query.ts'
export { checkQuery } from './query-check.ts'
export { type CursorPlace, cursorText, placeOfCursor } from './query-cursor.ts'
export type {
  ArchivedRange,
  LogNeeds,
  LogRange,
  RangeCopy,
  RangeHeld,
  Retention,
  Subscriber
} from './retention.ts'
export { type HeardRow, RowGate, type RowGateCounts, type RowGateOptions } from './row-gate.ts'
export { type RowListener, RowListeners } from './row-listeners.ts'
export { isStorableKey, storableKey } from './storable-key.ts'
export {
  type Checkpoint,
  type Committed,
  type Generation,
  type ParkedFilter,
  type ParkedMessage,
  type Store,
  type StoredAnswer,
  type StoredState,
  type StoredTimer,
  type StoreGuarantees,
  subscriptionName,
  unitOf
} from './store.ts'
export {
  type AnswerWrite,
  type AuditWrite,
  type Batch,
  type CheckpointMove,
  emptyBatch,
  type ParkedChange,
  type ParkedStatus,
  type ParkedWrite,
  type ProjectionWrite,
  type StateWrite,
  type TimerWrite
} from './store-batch.ts'
export type { StoreCopy, StoreMark, StoreReader, StoreSource, StoreTarget } from './store-copy.ts'
export { checkMark, markOf } from './store-mark.ts'
export {
  logLine,
  type RecordOf,
  recordLine,
  type StoreRecord,
  type StoreTable,
  storeTables
} from './store-record.ts'
export { jsonCopy, storedJson, valueOfStoredJson } from './stored-json.ts'
