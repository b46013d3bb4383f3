import { closeSync, existsSync, fstatSync, ftruncateSync, openSync, readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

/** The sizes of the header of the file and of each frame; a frame is a header and a page. */
const fileHeaderBytes = 32
const frameHeaderBytes = 24
/** Where SQLite's shared index of the write-ahead log has the size of a page, and the number of its frames. */
const pageSizeAt = 14
const framesAt = 16

function readNumber(bytes: Buffer, at: number, size: 2 | 4): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1
  return size === 2 ? view.getUint16(at, littleEndian) : view.getUint32(at, littleEndian)
}

/**
 * How many bytes of a write-ahead log belong to transactions that were committed and synced; undefined when there is
 * no telling. Asked while the database is open; reading gives up the locks of this process, so it is closed next.
 */
function committedBytes(file: string): number | undefined {
  try {
    const index = readFileSync(`${file}-shm`)
    if (index.byteLength < framesAt + 4) return undefined
    // A page of 65,536 bytes does not fit; SQLite writes 1 for it.
    const size = readNumber(index, pageSizeAt, 2)
    const frames = readNumber(index, framesAt, 4)
    return fileHeaderBytes + frames * (frameHeaderBytes + (size === 1 ? 65_536 : size))
  } catch {
    return undefined
  }
}

function cut(file: string, bytes: number): void {
  const descriptor = openSync(`${file}-wal`, 'r+')
  try {
    if (fstatSync(descriptor).size > bytes) ftruncateSync(descriptor, bytes)
  } finally {
    closeSync(descriptor)
  }
}

/** A reader beside the store: while it is open, closing the store does not copy the write-ahead log, nor sync it. */
function openReader(file: string): DatabaseSync | undefined {
  let reader: DatabaseSync | undefined
  try {
    reader = new DatabaseSync(file, { readOnly: true })
    reader.prepare('SELECT count(*) FROM sqlite_schema').get()
    return reader
  } catch {
    reader?.close()
    return undefined
  }
}

/**
 * Closes a database whose last transaction failed while it was written or synced, and cuts its frames off the
 * write-ahead log. Whether they are in the file nobody knows; read again at the next opening they would seem to be
 * committed although they may not be on the disk, and what is committed behind them would be lost with them. What was
 * committed before them was synced then; nothing is synced again.
 */
export function closeAfterFailure(db: DatabaseSync, file: string): void {
  const reader = openReader(file)
  const bytes = committedBytes(file)
  try {
    db.close()
    if (bytes !== undefined && existsSync(`${file}-wal`)) cut(file, bytes)
  } finally {
    reader?.close()
  }
}
