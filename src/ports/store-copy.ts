import type { LogRow } from './log-row.ts'
import type { StoreRecord, StoreTable } from './store-record.ts'

/** What is at a place where a service may keep its data. */
export type StoreMark =
  /** No store was ever made there. */
  | { readonly kind: 'nothing' }
  /** A store that its service may open. */
  | { readonly kind: 'store' }
  /** A copy that is not whole yet, or that nobody has declared to be it; a store is not opened on it. */
  | { readonly kind: 'arriving'; readonly move: string; readonly from: string }
  /** What a store left behind when its data went elsewhere; a store is not opened on it. */
  | { readonly kind: 'gone'; readonly move: string; readonly to: string }

/**
 * Reads everything that one place keeps of a service, in pages and in one order, whatever keeps it. Values come back
 * as they were given to the store. A failure of the place is one of those of the store; where data cannot be read it
 * is `STORE_CORRUPT`. Where there is no store, everything but `mark` and `close` fails with `STORE_UNAVAILABLE`.
 */
export interface StoreReader {
  readonly service: string
  mark(): Promise<StoreMark>
  /** The last position of each partition. */
  heads(): Promise<readonly number[]>
  /** Up to `limit` rows of a partition behind `after`, in their order; fewer where they are large. */
  read(partition: number, after: number, limit: number): Promise<readonly LogRow[]>
  /**
   * Up to `limit` records of a table behind `after`, in an order that is the same in every store: by their keys, by
   * code point, and by their numbers. Empty only at the end of the table.
   */
  page(table: StoreTable, after: StoreRecord | undefined, limit: number): Promise<readonly StoreRecord[]>
  /** Looks whether a store is sound, as `Store.check` does. */
  check(): Promise<readonly string[]>
  /** Lets go of what was held. Closing again does nothing. */
  close(): Promise<void>
}

/**
 * A store as something to copy from. Its log may be read while the service runs, for rows that are there never change;
 * what is beside it belongs together only while the place is held.
 */
export interface StoreSource extends StoreReader {
  /**
   * Lets nobody else write until `close`, or until this process ends, however it ends. Fails with `STORE_LOCKED` when
   * the service has it open.
   */
  hold(): Promise<void>
  /** Durably declares that the data are elsewhere now: no store is opened here any more. Only while it is held. */
  leave(move: string, to: string): Promise<void>
}

/**
 * A place as something to copy to. What arrives is durable when a call resolves, or at the latest when `finish` does.
 */
export interface StoreTarget extends StoreReader {
  /**
   * Makes an empty store that cannot be opened, for a log with so many partitions. What is on its way already is kept,
   * under this `move` from now on; what is gone from here makes room. Fails with `CONFIG_INVALID` when a store is there, with
   * `STORE_LOCKED` when another process copies to the place.
   */
  begin(move: string, from: string, partitions: number): Promise<void>
  /** Appends rows to the log, each behind the one before it in its partition; those that are there are left out. */
  appendLog(rows: readonly LogRow[]): Promise<void>
  /** Adds records of one table that are not there yet. */
  append(records: readonly StoreRecord[]): Promise<void>
  /** Removes all records, or the log as well. */
  clear(what: 'records' | 'everything'): Promise<void>
  /** Durably declares that what is here is the store now. */
  finish(): Promise<void>
}

/** A place that may be copied from, or to. */
export interface StoreCopy extends StoreSource, StoreTarget {}
