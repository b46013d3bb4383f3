import type { StoredTimer, TimerWrite } from '../ports/index.ts'
import { claimEqual, claimFails } from './conformance-case.ts'
import type { StoreCase, StoreStage } from './store-stage.ts'

function timer(name: string, dueMs: number | 'cancel', fields: Partial<TimerWrite> = {}): TimerWrite {
  return {
    unit: 'berth',
    key: 'Aurora',
    name,
    dueMs,
    correlationId: 'c',
    traceparent: 't',
    ...fields
  }
}

async function waiting(
  stage: StoreStage,
  limit = 100,
  units?: readonly string[]
): Promise<readonly string[]> {
  return (await stage.store.timers(limit, units)).map(({ key, name, dueMs }) => `${key} ${name} ${dueMs}`)
}

/** What timers promise. */
export const storeTimerCases: readonly StoreCase[] = [
  [
    'timers come in the order in which they are due, at most as many as asked for',
    async (stage) => {
      await stage.commit({ timers: [timer('late', 300), timer('soon', 100)] })
      await stage.commit({ timers: [timer('between', 200, { key: 'Tug' }), timer('past', -5)] })
      await stage.reopen()
      const due = ['Aurora past -5', 'Aurora soon 100', 'Tug between 200', 'Aurora late 300']
      claimEqual(await waiting(stage), due, 'all')
      claimEqual(await waiting(stage, 2), due.slice(0, 2), 'the first two')
    }
  ],
  [
    'timers of some units only come in their order too, and those of others do not count',
    async (stage) => {
      const passage = { unit: 'passage' }
      await stage.commit({ timers: [timer('late', 300), timer('soon', 100), timer('tide', 200, passage)] })
      await stage.commit({ timers: [timer('past', -5, { unit: 'pilotage' })] })
      const both = ['Aurora soon 100', 'Aurora tide 200', 'Aurora late 300']
      claimEqual(await waiting(stage, 100, ['berth', 'passage', 'unknown']), both, 'of two units')
      claimEqual(await waiting(stage, 1, ['passage']), ['Aurora tide 200'], 'the first of one')
      claimEqual(await waiting(stage, 100, []), [], 'of none')
    }
  ],
  [
    'the timers that wait are counted, each once, however often it was set',
    async (stage) => {
      claimEqual(await stage.store.timerCount(), 0, 'before any was set')
      await stage.commit({
        timers: [timer('tide', 100), timer('fog', 100), timer('tide', 100, { key: 'Tug' })]
      })
      await stage.commit({ timers: [timer('tide', 300), timer('tide', 100, { unit: 'passage' })] })
      claimEqual(await stage.store.timerCount(), 4, 'all')
      await stage.commit({ timers: [timer('fog', 'cancel'), timer('tide', 'cancel', { firedMs: 300 })] })
      await stage.reopen()
      claimEqual(await stage.store.timerCount(), 2, 'without those that were cancelled and fired')
    }
  ],
  [
    'a timer comes back with every field',
    async (stage) => {
      const write = timer('tide', 1_234_567_890_123, {
        unit: 'passage',
        key: 'Tug',
        correlationId: 'correlation-9',
        traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
      })
      await stage.commit({ timers: [write] })
      claimEqual(await stage.store.timers(1), [write as StoredTimer], 'the timer')
    }
  ],
  [
    'a timer set again replaces the one of that name',
    async (stage) => {
      await stage.commit({ timers: [timer('tide', 100), timer('tide', 500, { key: 'Tug' })] })
      await stage.commit({ timers: [timer('tide', 300)] })
      claimEqual(await waiting(stage), ['Aurora tide 300', 'Tug tide 500'], 'the timers')
    }
  ],
  [
    'a cancelled timer is gone; cancelling what is not there does nothing',
    async (stage) => {
      await stage.commit({ timers: [timer('tide', 100), timer('fog', 100)] })
      await stage.commit({ timers: [timer('tide', 'cancel'), timer('never', 'cancel')] })
      claimEqual(await waiting(stage), ['Aurora fog 100'], 'the timers')
    }
  ],
  [
    'a timer fires once',
    async (stage) => {
      const fire = timer('tide', 'cancel', { firedMs: 100 })
      await stage.commit({ timers: [timer('tide', 100)] })
      await stage.commit({ timers: [fire] })
      claimEqual(await waiting(stage), [], 'the timers')
      await claimFails('VERSION_CONFLICT', 'firing again', () => stage.commit({ timers: [fire] }))
    }
  ],
  [
    'a timer that was cancelled or set anew meanwhile does not fire',
    async (stage) => {
      await stage.commit({ timers: [timer('tide', 100), timer('fog', 100)] })
      await stage.commit({ timers: [timer('tide', 900), timer('fog', 'cancel')] })
      for (const name of ['tide', 'fog'])
        await claimFails('VERSION_CONFLICT', name, () =>
          stage.commit({ timers: [timer(name, 'cancel', { firedMs: 100 })] })
        )
      claimEqual(await waiting(stage), ['Aurora tide 900'], 'the timers')
    }
  ],
  [
    'a timer that fires may be set again in the same commit',
    async (stage) => {
      await stage.commit({ timers: [timer('tide', 100)] })
      await stage.commit({ timers: [timer('tide', 700, { firedMs: 100 })] })
      claimEqual(await waiting(stage), ['Aurora tide 700'], 'the timers')
    }
  ]
]
