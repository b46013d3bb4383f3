import { type Failure, toFailure } from '../core/index.ts'
import type { CommandAnswer } from '../runtime/index.ts'
import type { Faults } from './faults.ts'
import type { Random } from './random.ts'
import type { SimulatedNode } from './simulated-node.ts'
import type { SimulatedCommand } from './simulation.ts'
import { eternal, type World } from './world.ts'

const hopMs = 2
/** How long a client waits for an answer before it sends the command again. */
const patienceMs = 3_000
/** How long it waits after an answer that says `later`, the first time and at most; it doubles. */
const pauseMs = 100
const pauseMaxMs = 1_600

/** How a command of a client ended: answered, or turned down for good as no command at all. */
export type CommandEnd =
  | { readonly kind: 'answered'; readonly answer: CommandAnswer }
  | { readonly kind: 'turned-down'; readonly failure: Failure }

/** How many commands clients sent, how many a machine refused, and how many were turned down as no command at all. */
export interface CommandTally {
  readonly sent: number
  readonly refused: number
  readonly turnedDown: number
}

/** A command with everything that became of it. */
export interface SentCommand {
  readonly index: number
  readonly command: SimulatedCommand
  readonly idempotencyKey: string
  /** How often it was sent. */
  sent: number
  end: CommandEnd | undefined
  /** Why it was sent again the last time, where the service said why. */
  trouble: string | undefined
}

/** What a service owes somebody who waits, and what it has said so far. */
export function unanswered({ command: { service, type, key }, trouble }: SentCommand): string {
  return `${service} does not answer ${type} ${key}${trouble === undefined ? '' : `; the last it said was: ${trouble}`}`
}

/** What clients need of the world. */
export interface ClientOptions {
  readonly world: World
  readonly faults: Faults
  readonly random: Random
  readonly nodeOf: (service: string) => SimulatedNode
  readonly reaches: (node: SimulatedNode) => boolean
  readonly onSend: (sent: SentCommand) => void
  readonly onEnd: (sent: SentCommand) => void
}

/**
 * Sends commands as good clients do: those of a key one after the other, each with an idempotency key, again and again
 * until there is an answer.
 */
export class Clients {
  readonly #options: ClientOptions
  readonly sent: SentCommand[] = []
  #open = 0

  constructor(options: ClientOptions) {
    this.#options = options
  }

  /** How many commands have no answer yet. */
  get open(): number {
    return this.#open
  }

  /** What has become of the commands so far. */
  get tally(): CommandTally {
    const sent = this.sent.filter((each) => each.sent > 0)
    return {
      sent: sent.length,
      refused: sent.filter(({ end }) => end?.kind === 'answered' && end.answer.outcome === 'refused').length,
      turnedDown: sent.filter(({ end }) => end?.kind === 'turned-down').length
    }
  }

  /** Begins to send these, each key's in their order. Those with an index that is left out keep theirs. */
  begin(commands: readonly { readonly index: number; readonly command: SimulatedCommand }[]): void {
    const lines = new Map<string, SentCommand[]>()
    for (const { index, command } of commands) {
      const sent = {
        index,
        command,
        idempotencyKey: `command-${index}`,
        sent: 0,
        end: undefined,
        trouble: undefined
      }
      this.sent.push(sent)
      this.#open += 1
      const name = `${command.service} ${command.key}`
      const line = lines.get(name)
      if (line) line.push(sent)
      else lines.set(name, [sent])
    }
    for (const line of lines.values()) this.#next(line)
  }

  #next(line: SentCommand[]): void {
    const sent = line.shift()
    if (!sent) return
    const { world } = this.#options
    const waitMs = Math.max(0, (sent.command.atMs ?? 0) - world.nowMs)
    world.after(waitMs, eternal, 'a client sends', () => this.#send(sent, line))
  }

  #send(sent: SentCommand, line: SentCommand[]): void {
    const { world, faults, random, nodeOf, reaches, onSend, onEnd } = this.#options
    const { service, type, key, data } = sent.command
    sent.sent += 1
    onSend(sent)
    const restMs = Math.min(pauseMaxMs, pauseMs * 2 ** (sent.sent - 1))
    let isOver = false
    const again = (afterMs: number): void => {
      if (isOver) return
      isOver = true
      patience()
      world.after(afterMs, eternal, 'a client sends again', () => this.#send(sent, line))
    }
    const patience = world.after(patienceMs, eternal, 'a client has waited', () => again(0))
    const end = (reached: CommandEnd): void => {
      if (isOver) return
      isOver = true
      patience()
      sent.end = reached
      this.#open -= 1
      onEnd(sent)
      this.#next(line)
    }
    if (faults.fires('request-lost', `${type} to ${service}`)) return
    world.after(random.around(hopMs), eternal, `${type} reaches ${service}`, () => {
      const node = nodeOf(service)
      const { running, life } = node
      if (!running || !reaches(node)) return again(restMs)
      const arrives = (task: () => void): void => {
        if (!life.alive || !reaches(node)) return
        if (faults.fires('answer-lost', `${type} of ${service}`)) return
        world.after(random.around(hopMs), eternal, `${type} of ${service} answered`, task)
      }
      running
        .service(service)
        .send({ type, key, data, idempotencyKey: sent.idempotencyKey, correlationId: sent.idempotencyKey })
        .then(
          (answer) => arrives(() => end({ kind: 'answered', answer })),
          (thrown: unknown) => {
            const failure = toFailure(thrown)
            sent.trouble = failure.message
            const isFinal = failure.retry === 'never' && failure.code !== 'IDEMPOTENCY_KEY_IN_FLIGHT'
            arrives(() => (isFinal ? end({ kind: 'turned-down', failure }) : again(restMs)))
          }
        )
    })
  }
}
