import type { FastifyReply } from 'fastify'
import { fingerprintOf, type Movement, type Verdict } from './payment-ledger.ts'
import { keyReused, type Problem, problem } from './payment-problem.ts'

const lateKeysMax = 10_000

/** Runs `run` after `delayMs`; the returned function calls it off. */
export type Schedule = (run: () => void, delayMs: number) => () => void

export type Answer = Extract<Verdict, { does: 'answer' }>

type Options = { lateMs?: number; timeoutMs?: number; schedule?: Schedule }

export type Patience = {
  /** Waits `lateMs` and then decides; requests that repeat one which already waits share its answer. */
  untilDue(movement: Movement): Promise<Verdict>
  /** Holds a request without an answer until its client leaves or `timeoutMs` have passed. */
  hold(reply: FastifyReply): void
  /** Cuts everything that is held and lets everything late fall silent. */
  end(): void
}

/** What the provider owes to clients that wait: answers that come late, and requests that get none. */
export function patience(
  decide: (movement: Movement) => Promise<Verdict>,
  { lateMs = 5_000, timeoutMs = 120_000, schedule = scheduleByClock }: Options
): Patience {
  const late = new Map<string, { fingerprint: string; verdict: Promise<Verdict> }>()
  const cuts = new Set<() => void>()
  let ended = false

  const startWaiting = (movement: Movement): Promise<Verdict> => {
    const verdict = new Promise<Verdict>((resolve, reject) => {
      const cut = (): void => {
        callOff()
        resolve({ does: 'fall silent' })
      }
      const callOff = schedule(() => {
        cuts.delete(cut)
        decide({ ...movement, due: true })
          .finally(() => late.delete(movement.key))
          .then(resolve, reject)
      }, lateMs)
      cuts.add(cut)
    })
    late.set(movement.key, { fingerprint: fingerprintOf(movement), verdict })
    return verdict
  }

  return {
    untilDue: async (movement) => {
      const first = late.get(movement.key)
      if (ended) return { does: 'fall silent' }
      if (first === undefined && late.size >= lateKeysMax) return asAnswer(problem('provider-unavailable'))
      if (first === undefined) return startWaiting(movement)
      return first.fingerprint === fingerprintOf(movement) ? first.verdict : asAnswer(keyReused(movement.key))
    },
    hold: (reply) => {
      const { socket } = reply.raw
      if (socket === null || socket.destroyed) return
      const cut = (): void => {
        socket.destroy()
      }
      if (ended) return cut()
      const callOff = schedule(cut, timeoutMs)
      cuts.add(cut)
      socket.once('close', () => {
        callOff()
        cuts.delete(cut)
      })
    },
    end: () => {
      ended = true
      for (const cut of [...cuts]) cut()
    }
  }
}

function scheduleByClock(run: () => void, delayMs: number): () => void {
  const timer = setTimeout(run, delayMs)
  return () => clearTimeout(timer)
}

/** The problem as an answer that is not kept. */
export function asAnswer({ status, body }: Problem): Answer {
  return { does: 'answer', status, body: JSON.stringify(body), replayed: false }
}
