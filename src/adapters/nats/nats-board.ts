import { Failure } from '../../core/index.ts'
import type { InstanceBoard, InstanceNotice, PostedInstance } from '../../ports/index.ts'

/** What is used of a bucket of `@nats-io/kv`. */
export interface NatsBucket {
  put(key: string, data: string): Promise<number>
  purge(key: string): Promise<void>
  keys(): Promise<AsyncIterable<string>>
}

/** A bucket that keeps a key for `noticeMs`, and a way to it that may not be open yet. */
export interface NatsBoardOptions {
  /** `new Kvm(connection).create(name, { ttl: noticeMs, history: 1 })`: asked again after it failed. */
  readonly bucket: () => Promise<NatsBucket>
  /** Ends what was opened for it. */
  readonly close: () => Promise<void>
}

const placeOf = ({ service, url }: PostedInstance): string =>
  [service, url].map((part) => Buffer.from(part).toString('base64url')).join('.')

/**
 * Keys are all that is read, so that one question is enough: who is not ready has another one, with as many parts, since
 * users are given leave by them.
 */
const unready = '/unready'

const keyOf = (notice: InstanceNotice): string => `${placeOf(notice)}${notice.isReady ? '' : unready}`

function noticeOf(key: string): InstanceNotice {
  const isReady = !key.endsWith(unready)
  const place = isReady ? key : key.slice(0, -unready.length)
  const [service = '', url = ''] = place.split('.').map((part) => Buffer.from(part, 'base64url').toString())
  return { service, url, isReady }
}

/** One notice of each instance: of two, as in the moment in which one takes the place of the other, the cautious one. */
function noticesOf(keys: readonly string[]): readonly InstanceNotice[] {
  const found = new Map<string, InstanceNotice>()
  for (const key of keys) {
    const notice = noticeOf(key)
    const place = placeOf(notice)
    if (!found.has(place) || !notice.isReady) found.set(place, notice)
  }
  return [...found.values()]
}

function failureOf(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown
  const reason = thrown instanceof Error ? thrown.message : String(thrown)
  return new Failure('BUS_UNAVAILABLE', { hint: `NATS did not answer for the instances: ${reason}.` }, thrown)
}

/**
 * A board of instances in a key-value bucket of NATS: the server lets a key go that was not put again in time. Calls fail
 * with `BUS_UNAVAILABLE`.
 */
export function natsBoard({ bucket: open, close }: NatsBoardOptions): InstanceBoard {
  let known: NatsBucket | undefined
  /** What is put up of each instance, as far as this board knows. */
  const posted = new Map<string, string>()
  const ask = async <Result>(task: (bucket: NatsBucket) => Promise<Result>): Promise<Result> => {
    try {
      known ??= await open()
      return await task(known)
    } catch (thrown) {
      // It may have been wiped with the rest of the data: the next call makes it anew.
      known = undefined
      throw failureOf(thrown)
    }
  }
  return {
    name: 'NATS',
    post: (notices) =>
      ask(async (bucket) => {
        await Promise.all(
          notices.map(async (notice) => {
            const [place, key] = [placeOf(notice), keyOf(notice)]
            await bucket.put(key, '')
            const before = posted.get(place)
            if (before !== undefined && before !== key) await bucket.purge(before)
            posted.set(place, key)
          })
        )
      }),
    remove: (instances) =>
      ask(async (bucket) => {
        const keys = instances.flatMap((each) => [true, false].map((isReady) => keyOf({ ...each, isReady })))
        await Promise.all(keys.map((key) => bucket.purge(key)))
        for (const each of instances) posted.delete(placeOf(each))
      }),
    read: () =>
      ask(async (bucket) => {
        const keys: string[] = []
        for await (const key of await bucket.keys()) keys.push(key)
        return noticesOf(keys)
      }),
    close
  }
}
