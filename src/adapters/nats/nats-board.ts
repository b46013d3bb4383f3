import { Failure } from '../../core/index.ts'
import type { InstanceBoard, PostedInstance } from '../../ports/index.ts'

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

const keyOf = ({ service, url }: PostedInstance): string =>
  [service, url].map((part) => Buffer.from(part).toString('base64url')).join('.')

function instanceOf(key: string): PostedInstance {
  const [service = '', url = ''] = key.split('.').map((part) => Buffer.from(part, 'base64url').toString())
  return { service, url }
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
    post: (instances) =>
      ask(async (bucket) => {
        await Promise.all(instances.map((each) => bucket.put(keyOf(each), '')))
      }),
    remove: (instances) =>
      ask(async (bucket) => {
        await Promise.all(instances.map((each) => bucket.purge(keyOf(each))))
      }),
    read: () =>
      ask(async (bucket) => {
        const found: PostedInstance[] = []
        for await (const key of await bucket.keys()) found.push(instanceOf(key))
        return found
      }),
    close
  }
}
