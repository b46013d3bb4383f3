import { expect } from 'vitest'
import { Failure, type FailureCode } from '../../src/index.ts'
import type { Batch, Store } from '../../src/ports/index.ts'

/** One commit that goes wrong. */
export interface CommitFault {
  readonly code: FailureCode
  /** It fails after everything was written: nobody knows what happened. */
  readonly durable?: boolean
  /** Only a commit that holds what this looks for. */
  readonly holding?: (batch: Batch) => boolean
  /** How many commits fail; default 1. */
  readonly times?: number
}

/** A fault that was planned; `fired` says how often it happened. */
export interface PlannedFault {
  readonly fired: number
  /** Heals it before it happened as often as planned. */
  heal(): void
}

/** Calls that change a store beside `commit`. */
export type ChangingCall = 'addGeneration' | 'swapGeneration' | 'dropGeneration'

interface Plan extends CommitFault {
  readonly service: string
  readonly call: 'commit' | ChangingCall
  left: number
  fired: number
}

/** Makes stores fail as planned; everything else goes to the real store beneath. */
export interface FaultyStores {
  /** A store that fails, waits and ends as it is told. */
  wrap(store: Store): Store
  /** Makes a later commit of a service fail. */
  fail(service: string, fault: CommitFault): PlannedFault
  /** Makes later calls of a service that change its generations fail, before or after they have done their work. */
  failCall(
    service: string,
    call: ChangingCall,
    fault: Pick<CommitFault, 'code' | 'durable' | 'times'>
  ): PlannedFault
  /** Shows every batch of a service before it is committed. */
  watch(service: string, look: (batch: Batch) => void): void
  /** Makes every other call wait some turns of the event loop, so that calls overlap as with a server. */
  slow(turns: () => number): void
  /** Nothing is read or written any more, as if the process were gone. */
  end(): void
  /** Each planned fault must have happened: a test that did not see its fault has shown nothing. */
  expectAllFired(): void
}

const reading: ReadonlySet<string | symbol> = new Set([
  'read',
  'heads',
  'states',
  'listStates',
  'history',
  'checkpoints',
  'answer',
  'timers',
  'parked',
  'rows',
  'query'
])

const isChanging = (name: string | symbol): name is ChangingCall =>
  name === 'addGeneration' || name === 'swapGeneration' || name === 'dropGeneration'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

interface Calls {
  readonly commit: (store: Store, batch: Batch) => ReturnType<Store['commit']>
  readonly change: (store: Store, call: ChangingCall, run: () => Promise<unknown>) => Promise<unknown>
  readonly wait: () => Promise<void>
  readonly check: () => void
}

/** The store, with its calls led through those that may fail. */
function wrapped(store: Store, { commit, change, wait, check }: Calls): Store {
  return new Proxy(store, {
    get: (target, name) => {
      if (name === 'commit') return (batch: Batch) => commit(target, batch)
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      if (isChanging(name))
        return (...parameters: unknown[]) =>
          change(target, name, async () => Reflect.apply(member, target, parameters))
      if (!reading.has(name)) return member.bind(target)
      return async (...parameters: unknown[]) => {
        await wait()
        check()
        return Reflect.apply(member, target, parameters)
      }
    }
  })
}

/** Stores that can be made to fail. */
export function faultyStores(): FaultyStores {
  const plans: Plan[] = []
  const watchers: { readonly service: string; readonly look: (batch: Batch) => void }[] = []
  let turnsOf: (() => number) | undefined
  let ended = false
  const check = (): void => {
    if (ended) throw new Failure('STORE_UNAVAILABLE', { hint: 'The process is gone.' })
  }
  const wait = async (): Promise<void> => {
    for (let left = turnsOf?.() ?? 0; left > 0; left--) await turn()
  }
  const commit = async (store: Store, batch: Batch) => {
    for (const { service, look } of watchers) if (service === store.service) look(batch)
    await wait()
    return change(
      store,
      'commit',
      () => store.commit(batch),
      (plan) => plan.holding?.(batch) ?? true
    )
  }
  const change = async <Result>(
    store: Store,
    call: Plan['call'],
    run: () => Promise<Result>,
    fits: (plan: Plan) => boolean = () => true
  ): Promise<Result> => {
    check()
    const plan = plans.find(
      (one) => one.left > 0 && one.service === store.service && one.call === call && fits(one)
    )
    if (!plan) return run()
    plan.left -= 1
    plan.fired += 1
    if (plan.durable) await run()
    throw new Failure(plan.code, { hint: 'This fault was planned by a test.' })
  }
  const planned = (service: string, call: Plan['call'], fault: CommitFault): PlannedFault => {
    const plan: Plan = { ...fault, service, call, left: fault.times ?? 1, fired: 0 }
    plans.push(plan)
    return {
      get fired() {
        return plan.fired
      },
      heal: () => {
        plan.left = 0
      }
    }
  }
  return {
    wrap: (store) => wrapped(store, { commit, change, wait, check }),
    fail: (service, fault) => planned(service, 'commit', fault),
    failCall: planned,
    watch: (service, look) => {
      watchers.push({ service, look })
    },
    slow: (turns) => {
      turnsOf = turns
    },
    end: () => {
      ended = true
    },
    expectAllFired: () => {
      for (const { fired, service, code } of plans)
        expect(fired, `${code} was planned for ${service}`).toBeGreaterThan(0)
    }
  }
}
