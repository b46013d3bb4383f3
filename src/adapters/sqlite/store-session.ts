import { Failure } from '../../core/index.ts'
import { type DatabaseFile, openDatabaseFile } from './database-file.ts'
import { checkInThread } from './file-check.ts'
import { OpenedStore } from './opened-store.ts'
import type { SchemaNeeds } from './schema.ts'
import { isBusy, storeFailure } from './sqlite-failure.ts'

/** What a store's file is opened for. */
export interface SessionNeeds extends SchemaNeeds {
  readonly messageMaxBytes: number
}

/** A store's file, which is opened anew after what may have left it in an unknown state. */
export class StoreSession {
  readonly #needs: SessionNeeds
  readonly partitions: number
  #file: DatabaseFile | undefined
  #opened: OpenedStore | undefined
  /** Why nothing is served any more. */
  #end: Failure | undefined

  constructor(needs: SessionNeeds) {
    this.#needs = needs
    this.partitions = this.#open().log.heads.length
  }

  #open(): OpenedStore {
    const { service, messageMaxBytes } = this.#needs
    const file = openDatabaseFile(this.#needs)
    try {
      const opened = new OpenedStore(file.db, service, file.partitions, messageMaxBytes)
      this.#file = file
      this.#opened = opened
      return opened
    } catch (thrown) {
      file.close(false)
      throw storeFailure(thrown, this.#needs.file)
    }
  }

  /** Runs a task on the open store. What it throws is a failure of the one table. */
  run<Result>(task: (opened: OpenedStore) => Result): Result {
    if (this.#end) throw this.#end
    try {
      return task(this.#opened ?? this.#open())
    } catch (thrown) {
      const failure = storeFailure(thrown, this.#needs.file)
      if (failure.code === 'STORE_CORRUPT') this.#end = failure
      // After a failed sync nobody knows what the file holds: it is read afresh before the next call. Where another
      // program is writing, nothing failed here, and what stands in the write-ahead log is that program's.
      if (failure.code === 'STORE_CORRUPT' || failure.code === 'STORE_UNAVAILABLE')
        this.#closeFile(!isBusy(thrown))
      throw failure
    }
  }

  #closeFile(failed: boolean): void {
    const file = this.#file
    this.#file = undefined
    this.#opened = undefined
    file?.close(failed)
  }

  /** What is wrong with the file, in sentences. Calls that come meanwhile are served. */
  check(): Promise<readonly string[]> {
    this.run((opened) => opened.log.heads)
    const { service, file } = this.#needs
    return checkInThread({ service, file })
  }

  close(): void {
    this.#end ??= new Failure('STOPPING', { hint: `The store of ${this.#needs.service} is closed.` })
    this.#closeFile(false)
  }
}
