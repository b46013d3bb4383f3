import { expect, test } from 'vitest'
import { type EffectPolicy, effectBounds } from '../../core/index.ts'
import type { EffectGuard, Effects } from '../../ports/index.ts'
import { guardedEffects, systemClock } from './index.ts'

const clock = systemClock()
const after = (ms: number): Promise<void> => new Promise((resolve) => clock.schedule(ms, resolve))
const works = (): Promise<string> => Promise.resolve('worked')
const fails = (): Promise<never> => Promise.reject(new Error('The provider said no.'))

/** The guard of a rule with that policy. */
function guarded(policy: EffectPolicy, name = 'card', effects: Effects = guardedEffects()): EffectGuard {
  return effects.guard(name, effectBounds(policy))
}

/** A task under the control of a test. */
function held(): { readonly task: () => Promise<string>; readonly finish: () => void } {
  let finish: () => void = () => {}
  const ended = new Promise<string>((resolve) => {
    finish = () => resolve('finished')
  })
  return { task: () => ended, finish }
}

test('an attempt gives what the effect resolves to, or why it failed, and never rejects', async () => {
  const guard = guarded({})
  expect(await guard.attempt(works)).toEqual({ outcome: 'done', result: 'worked' })
  expect(await guard.attempt(fails)).toEqual({ outcome: 'failed', reason: 'The provider said no.' })
  const throwsAtOnce = (): Promise<never> => {
    throw new Error('Not even a promise.')
  }
  expect(await guard.attempt(throwsAtOnce)).toEqual({ outcome: 'failed', reason: 'Not even a promise.' })
  expect(await guard.attempt(() => Promise.reject('a text'))).toEqual({ outcome: 'failed', reason: 'a text' })
})

test('an effect is tried once, also when it fails', async () => {
  const guard = guarded({})
  let tries = 0
  await guard.attempt(() => {
    tries += 1
    return fails()
  })
  expect(tries).toBe(1)
})

test('an effect that takes too long is aborted, and ends as a timeout whether it listens or not', async () => {
  const guard = guarded({ timeout: { ms: 20 } })
  const seen: boolean[] = []
  const deaf = await guard.attempt((signal) => {
    signal.addEventListener('abort', () => seen.push(signal.aborted))
    return new Promise<never>(() => {})
  })
  const listening = await guard.attempt(
    (signal) =>
      new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(new Error('Aborted.'))))
  )
  const timeout = { outcome: 'timeout', reason: 'No answer within 20 ms.' }
  expect([deaf, listening]).toEqual([timeout, timeout])
  expect(seen).toEqual([true])
})

test('the signal of an effect that succeeded is not aborted afterwards', async () => {
  const guard = guarded({ timeout: { ms: 10 } })
  let kept: AbortSignal | undefined
  await guard.attempt((signal) => {
    kept = signal
    return works()
  })
  await after(30)
  expect(kept?.aborted).toBe(false)
})

test('a timeout beyond 2^31 ms does not end the attempt at once', async () => {
  const guard = guarded({ timeout: { days: 60 } })
  const slow = async (): Promise<string> => {
    await after(20)
    return 'worked'
  }
  expect(await guard.attempt(slow)).toEqual({ outcome: 'done', result: 'worked' })
})

test('the breaker opens after so many failures in a row, and the effect is not even tried', async () => {
  const guard = guarded({ breaker: { failures: 3, pause: { minutes: 1 } } })
  let tries = 0
  const counted = (task: () => Promise<string>) => () => {
    tries += 1
    return task()
  }
  for (const task of [fails, fails, works, fails, fails, fails]) await guard.attempt(counted(task))
  expect(tries).toBe(6)
  expect((await guard.attempt(counted(works))).outcome).toBe('breaker-open')
  expect(tries).toBe(6)
})

test('a timeout counts as a failure to the breaker', async () => {
  const guard = guarded({
    timeout: { ms: 5 },
    breaker: { failures: 2, pause: { minutes: 1 } }
  })
  for (let attempt = 0; attempt < 2; attempt++) await guard.attempt(() => new Promise<never>(() => {}))
  expect((await guard.attempt(works)).outcome).toBe('breaker-open')
})

test('after the pause one attempt is let through: its failure opens the breaker again, its success closes it', async () => {
  const pauseMs = 50
  const guard = guarded({ breaker: { failures: 1, pause: { ms: pauseMs } } })
  await guard.attempt(fails)
  const openedAgain = performance.now()
  expect((await guard.attempt(works)).outcome).toBe('breaker-open')
  await after(pauseMs + 1)
  expect((await guard.attempt(fails)).outcome).toBe('failed')
  expect((await guard.attempt(works)).outcome).toBe('breaker-open')
  await after(pauseMs + 1)
  expect(performance.now() - openedAgain).toBeGreaterThan(2 * pauseMs)
  const outcomes = await Promise.all([guard.attempt(works), guard.attempt(works)])
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(['done', 'done'])
})

test('no more effects are under way at once than the bulkhead has places, and a place is given back', async () => {
  const guard = guarded({ bulkhead: 2 })
  const [one, other] = [held(), held()]
  const under = [guard.attempt(one.task), guard.attempt(other.task)]
  expect((await guard.attempt(works)).outcome).toBe('bulkhead-full')
  one.finish()
  expect((await under[0])?.outcome).toBe('done')
  expect((await guard.attempt(works)).outcome).toBe('done')
  other.finish()
  expect((await under[1])?.outcome).toBe('done')
})

test('without a bulkhead of its own an effect has sixteen places', async () => {
  const guard = guarded({})
  const tasks = Array.from({ length: 17 }, held)
  const attempts = tasks.map(({ task }) => guard.attempt(task))
  for (const { finish } of tasks) finish()
  const outcomes = (await Promise.all(attempts)).map(({ outcome }) => outcome)
  expect(outcomes).toEqual([...Array.from({ length: 16 }, () => 'done'), 'bulkhead-full'])
})

test('a full bulkhead is no failure to the breaker', async () => {
  const guard = guarded({
    bulkhead: 1,
    breaker: { failures: 1, pause: { minutes: 1 } }
  })
  const { task, finish } = held()
  const under = guard.attempt(task)
  expect((await guard.attempt(works)).outcome).toBe('bulkhead-full')
  finish()
  await under
  expect((await guard.attempt(works)).outcome).toBe('done')
})

test('guards do not share their breakers and bulkheads', async () => {
  const effects = guardedEffects()
  const policy = { breaker: { failures: 1, pause: { minutes: 1 } } }
  const [card, mail] = [guarded(policy, 'card', effects), guarded(policy, 'mail', effects)]
  await card.attempt(fails)
  expect((await card.attempt(works)).outcome).toBe('breaker-open')
  expect((await mail.attempt(works)).outcome).toBe('done')
})

test('stop aborts what is under way, and lets nothing begin', async () => {
  const effects = guardedEffects()
  const guard = guarded({}, 'card', effects)
  let aborted = 0
  const attempts = Array.from({ length: 16 }, () =>
    guard.attempt((signal) => {
      signal.addEventListener('abort', () => {
        aborted += 1
      })
      return new Promise<never>(() => {})
    })
  )
  effects.stop()
  effects.stop()
  expect((await Promise.all(attempts)).map(({ outcome }) => outcome)).toEqual(
    Array.from({ length: 16 }, () => 'stopped')
  )
  expect(aborted).toBe(16)
  let tried = false
  const later = await guarded({}, 'mail', effects).attempt(() => {
    tried = true
    return works()
  })
  expect([later.outcome, tried]).toEqual(['stopped', false])
})
