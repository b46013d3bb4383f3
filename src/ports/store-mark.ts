import { Failure } from '../core/index.ts'
import type { StoreMark } from './store-copy.ts'
import { valueOfStoredJson } from './stored-json.ts'

/** The mark of a store by the text that a place keeps of it; a store without such a text may be opened. */
export function markOf(text: string | undefined): StoreMark {
  return text === undefined ? { kind: 'store' } : (valueOfStoredJson(text) as StoreMark)
}

/** Lets a store be opened, or fails with `STORE_MOVED`, saying where the data are, or how they arrive. */
export function checkMark(mark: StoreMark, service: string, place: string): void {
  if (mark.kind === 'arriving')
    throw new Failure('STORE_MOVED', {
      hint: `${place}: the data of ${service} are not all here yet, they come from ${mark.from}. Run the same skerry move again, which ends it; until then ${service} may run where it was.`,
      ...mark
    })
  if (mark.kind === 'gone')
    throw new Failure('STORE_MOVED', {
      hint: `${place}: the data of ${service} are at ${mark.to} now: start it there. If they are not there yet, run the same skerry move again, which ends it.`,
      ...mark
    })
}
