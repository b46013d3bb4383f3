import { expect, test } from 'vitest'
import type { EffectContext, Reaction } from '../../src/index.ts'
import { type BankOptions, bank, ConfirmNotice } from './bank.ts'
import { proveAll } from './oracle.ts'
import { type Stage, stage } from './stage.ts'

/** An outside world that a test looks at and decides for. */
class Outside {
  readonly calls: { readonly key: string; readonly idempotencyKey: string; readonly attempt: number }[] = []
  readonly underWay = new Map<string, number>()
  most = 0
  overlaps = 0
  answer: (context: EffectContext) => Promise<string> = async () => 'ok'

  readonly post: NonNullable<BankOptions['post']> = async (_text, context) => {
    const { key } = context.meta
    this.calls.push({ key, idempotencyKey: context.idempotencyKey, attempt: context.attempt })
    const mine = (this.underWay.get(key) ?? 0) + 1
    if (mine > 1) this.overlaps += 1
    this.underWay.set(key, mine)
    this.most = Math.max(
      this.most,
      [...this.underWay.values()].reduce((sum, one) => sum + one, 0)
    )
    try {
      return ConfirmNotice.for(key, { receipt: await this.answer(context) })
    } finally {
      this.underWay.set(key, mine - 1)
    }
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const write = (on: Stage, key: string): Promise<unknown> =>
  on.accepted('notices', 'WriteNotice', key, { text: 'hello' })
const statusOf = async (on: Stage, key: string): Promise<string | undefined> =>
  (await on.service('notices').entity('notice', key))?.state.status
const parkedOf = (on: Stage) =>
  on.service('notices').deadLetters.list({ limit: 100, subscription: 'postman' })

test('an effect is caused once for each message, and what it answers is committed once', async () => {
  const outside = new Outside()
  const on = await stage(bank({ post: outside.post }))
  await Promise.all(Array.from({ length: 30 }, (_, index) => write(on, `n${index}`)))
  await on.settled()
  expect(outside.calls).toHaveLength(30)
  expect(new Set(outside.calls.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(30)
  expect(await on.service('notices').entities('notice', '', 100)).toHaveLength(30)
  expect(await parkedOf(on)).toEqual([])
  await proveAll(on)
})

test('no more effects of a rule are under way than its bulkhead lets', async () => {
  const outside = new Outside()
  outside.answer = async () => {
    for (let left = 0; left < 5; left++) await turn()
    return 'ok'
  }
  const on = await stage(bank({ post: outside.post, policy: { bulkhead: 3 } }))
  const startMs = on.clock.nowMs()
  await Promise.all(Array.from({ length: 20 }, (_, index) => write(on, `n${index}`)))
  await on.settled()
  expect(outside.calls).toHaveLength(20)
  expect(outside.most).toBe(3)
  // They waited for a place, and were not sent away to come again later.
  expect(on.clock.nowMs() - startMs).toBeLessThan(900)
})

test('I19: effects of one key run one after the other, in order', async () => {
  const outside = new Outside()
  outside.answer = async () => {
    await turn()
    return 'ok'
  }
  const order: string[] = []
  const post: BankOptions['post'] = async (text, context) => {
    order.push(text)
    return outside.post(text, { ...context, meta: { ...context.meta, key: 'one' } })
  }
  const on = await stage(bank({ post, orderNoticesBy: () => 'one' }))
  for (let index = 0; index < 10; index++)
    await on.accepted('notices', 'WriteNotice', `n${index}`, { text: String(index) })
  await on.settled()
  expect(outside.overlaps).toBe(0)
  expect(order.join('')).toBe('0123456789')
})

test('I7: an effect that fails is tried again with the same idempotency key, also after a restart', async () => {
  const outside = new Outside()
  outside.answer = async () => {
    throw new Error('The post is on strike.')
  }
  const on = await stage(
    bank({ post: outside.post, policy: { retry: { attempts: 100, base: { ms: 10 }, max: { ms: 20 } } } })
  )
  await write(on, 'n1')
  for (let kills = 1; kills <= 4; kills++) {
    const seen = outside.calls.length
    await on.until('it was tried twice more', () => outside.calls.length >= seen + 2)
    await on.crash()
  }
  outside.answer = async () => 'at last'
  await on.settled()
  expect(await statusOf(on, 'n1')).toBe('sent')
  const attempts = outside.calls.map(({ attempt }) => attempt)
  expect(attempts.length).toBeGreaterThan(8)
  expect(attempts).toEqual([...attempts].sort((one, other) => one - other))
  expect(Math.max(...attempts)).toBeGreaterThan(8)
  expect(new Set(outside.calls.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1)
})

test('an effect that fails as often as it may is dead; a redrive tries it once more and says how it went', async () => {
  const outside = new Outside()
  outside.answer = async () => {
    throw new Error('No such address.')
  }
  const on = await stage(
    bank({ post: outside.post, policy: { retry: { attempts: 3, base: { ms: 1 }, max: { ms: 2 } } } })
  )
  await write(on, 'n1')
  await on.until('it is dead', async () => (await parkedOf(on))[0]?.status === 'dead')
  const [dead] = await parkedOf(on)
  expect(dead).toMatchObject({ attempts: 3, failure: expect.stringContaining('No such address.') })
  const { deadLetters } = on.service('notices')
  expect(await on.drive(deadLetters.redrive(dead?.number ?? 0, 'eve'))).toMatchObject({ state: 'dead' })
  expect(outside.calls).toHaveLength(4)
  outside.answer = async () => 'found'
  const both = await on.drive(
    Promise.allSettled([
      deadLetters.redrive(dead?.number ?? 0, 'eve'),
      deadLetters.redrive(dead?.number ?? 0, 'bob')
    ])
  )
  expect(both[0]).toMatchObject({ status: 'fulfilled', value: { state: 'done' } })
  expect(both[1]).toMatchObject({ status: 'rejected', reason: { code: 'DEAD_LETTER_STATE' } })
  expect(outside.calls).toHaveLength(5)
  expect(new Set(outside.calls.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1)
  await on.settled()
  expect(await statusOf(on, 'n1')).toBe('sent')
  expect(await on.service('notices').check()).toEqual([])
})

test('a redrive whose end is not seen before the service stops says that it is pending', async () => {
  const outside = new Outside()
  outside.answer = async () => {
    throw new Error('No.')
  }
  const on = await stage(bank({ post: outside.post, policy: { retry: { attempts: 1 } } }))
  await write(on, 'n1')
  await on.until('it is dead', async () => (await parkedOf(on))[0]?.status === 'dead')
  outside.answer = (context) => aborted(context)
  const redriven = on.service('notices').deadLetters.redrive((await parkedOf(on))[0]?.number ?? 0, 'eve')
  await on.until('it is under way', () => outside.calls.length === 2)
  outside.answer = async () => 'ok'
  await on.restart()
  expect(await redriven).toMatchObject({ state: 'pending' })
  await on.settled()
  expect(await statusOf(on, 'n1')).toBe('sent')
})

/** Ends only when its attempt is given up. */
function aborted({ signal }: EffectContext): Promise<string> {
  const { aborted: already } = signal
  return new Promise((_, reject) => {
    const give = (): void => reject(new Error('Given up.'))
    if (already) give()
    else (signal as AbortSignal).addEventListener('abort', give)
  })
}

test('an attempt that takes too long is given up and tried again', async () => {
  const outside = new Outside()
  outside.answer = (context) => (context.attempt < 3 ? aborted(context) : Promise.resolve('third time lucky'))
  const on = await stage(
    bank({ post: outside.post, policy: { timeout: { ms: 5 }, retry: { base: { ms: 1 }, max: { ms: 2 } } } })
  )
  await write(on, 'n1')
  await on.settled()
  expect(outside.calls.map(({ attempt }) => attempt)).toEqual([1, 2, 3])
  expect(await statusOf(on, 'n1')).toBe('sent')
})

test('a broken effect is left alone for a while, and what waits for it does not use up its attempts', async () => {
  const outside = new Outside()
  outside.answer = async () => {
    throw new Error('Down.')
  }
  const policy = {
    breaker: { failures: 3, pause: { ms: 50 } },
    retry: { attempts: 8, base: { ms: 1 }, max: { ms: 2 } }
  }
  const on = await stage(bank({ post: outside.post, policy }))
  await Promise.all(Array.from({ length: 5 }, (_, index) => write(on, `n${index}`)))
  await on.until('the breaker is open', () => outside.calls.length >= 3)
  await on.clock.advance(2_000)
  const tried = outside.calls.length
  expect(tried).toBeLessThan(20)
  outside.answer = async () => 'up again'
  await on.settled()
  expect(await parkedOf(on)).toEqual([])
  for (let index = 0; index < 5; index++) expect(await statusOf(on, `n${index}`)).toBe('sent')
})

test('when every attempt failed the fallback speaks instead', async () => {
  const outside = new Outside()
  outside.answer = async () => {
    throw new Error('Down.')
  }
  const fallback: BankOptions['fallback'] = (key, reason) =>
    ConfirmNotice.for(key, { receipt: `by hand: ${reason}` })
  const on = await stage(
    bank({
      post: outside.post,
      fallback,
      policy: { retry: { attempts: 2, base: { ms: 1 }, max: { ms: 2 } } }
    })
  )
  await write(on, 'n1')
  await on.settled()
  expect(outside.calls).toHaveLength(2)
  expect(await on.service('notices').entity('notice', 'n1')).toMatchObject({
    state: { receipt: expect.stringContaining('Down.') }
  })
  expect(await parkedOf(on)).toEqual([])
})

test('a stop gives up what is under way, and the next start tries it again', async () => {
  const outside = new Outside()
  let givenUp = 0
  outside.answer = (context) =>
    aborted(context).catch((thrown: unknown) => {
      givenUp += 1
      throw thrown
    })
  const on = await stage(bank({ post: outside.post, policy: { timeout: { minutes: 5 } } }))
  await Promise.all(Array.from({ length: 40 }, (_, index) => write(on, `n${index}`)))
  await on.until('some are under way', () => outside.calls.length === 16)
  outside.answer = async () => 'ok'
  await on.restart()
  expect(givenUp).toBe(16)
  expect(outside.calls.slice(0, 16).every(({ attempt }) => attempt === 1)).toBe(true)
  await on.settled()
  for (let index = 0; index < 40; index++) expect(await statusOf(on, `n${index}`)).toBe('sent')
})

test('a stop starts no effect that was only waiting', async () => {
  const outside = new Outside()
  outside.answer = async () => {
    for (let left = 0; left < 3; left++) await turn()
    return 'ok'
  }
  const on = await stage(bank({ post: outside.post, policy: { bulkhead: 1 } }))
  await Promise.all(Array.from({ length: 50 }, (_, index) => write(on, `n${index}`)))
  await on.until('one is under way', () => outside.calls.length >= 1)
  const before = outside.calls.length
  const stopping = on.drive(on.system.stop())
  await stopping
  expect(outside.calls.length - before).toBeLessThanOrEqual(1)
  await on.restart()
  await on.settled()
  expect(await parkedOf(on)).toEqual([])
})

test('while the store is down what an effect answered is kept, and the effect is not caused again', async () => {
  const outside = new Outside()
  const on = await stage(bank({ post: outside.post }))
  const fault = on.stores.fail('notices', {
    code: 'STORE_FULL',
    times: 12,
    holding: ({ parkedChanges }) => parkedChanges.length > 0
  })
  await write(on, 'n1')
  await on.settled()
  expect(fault.fired).toBe(12)
  expect(outside.calls).toHaveLength(1)
  expect(await statusOf(on, 'n1')).toBe('sent')
})

test('I7: an answer whose commit was written though it failed is not committed again', async () => {
  const outside = new Outside()
  const on = await stage(bank({ post: outside.post }))
  on.stores.fail('notices', {
    code: 'STORE_UNAVAILABLE',
    durable: true,
    holding: ({ parkedChanges }) => parkedChanges.length > 0
  })
  await write(on, 'n1')
  await on.settled()
  expect(outside.calls).toHaveLength(1)
  expect(await on.service('notices').entity('notice', 'n1')).toMatchObject({
    sequence: 2,
    state: { status: 'sent' }
  })
  await proveAll(on)
})

test('an effect is tried again whose failure was recorded by a commit that nobody knew the end of', async () => {
  let attempts = 0
  const post = async (): Promise<Reaction> => {
    attempts += 1
    if (attempts === 1) throw new Error('no stamps')
    return ConfirmNotice.for('n-1', { receipt: 'r-1' })
  }
  const on = await stage(bank({ post, policy: { retry: { base: { ms: 1 } } } }))
  const unknown = on.stores.fail('notices', {
    code: 'STORE_UNAVAILABLE',
    durable: true,
    holding: ({ parkedChanges }) => parkedChanges.some(({ status }) => status === 'retrying')
  })
  await write(on, 'n-1')
  await on.until('the notice is sent', async () => (await statusOf(on, 'n-1')) === 'sent')
  expect([unknown.fired, attempts]).toEqual([1, 2])
})

test('an effect that answers with a command to nobody has failed', async () => {
  const on = await stage(
    bank({
      post: async () => [ConfirmNotice.for('n1', { receipt: 'x' }), ConfirmNotice.for('', { receipt: 'y' })],
      policy: { retry: { attempts: 2, base: { ms: 1 } } }
    })
  )
  await write(on, 'n1')
  await on.until('it is dead', async () => (await parkedOf(on))[0]?.status === 'dead')
  expect((await parkedOf(on))[0]?.failure).toContain('Keys have 1 to 256 characters')
  expect(await statusOf(on, 'n1')).toBe('written')
})
