import {
  type ActorDefinition,
  type EffectRule,
  type EventMessage,
  eventName,
  messagesOf,
  type OutgoingMessage,
  type Reaction,
  type ReactionRule
} from '../core/index.ts'
import { arrivingData, metaOf, saidMessage } from './check-message.ts'
import { expectMessages } from './expect-messages.ts'
import { purely } from './purely.ts'
import { calledBy, failScenario } from './scenario-failure.ts'
import { scenarioStartMs } from './scenario-start.ts'

/** An actor; it has no past. */
export interface GivenActor<Heard extends string> {
  /** The pure reaction to an event. Fails for an event that causes an outside effect. */
  when(event: EventMessage<Heard>): ReactedActor<Heard>
  /** What is said instead of parking the event, when every attempt of its outside effect has failed. */
  whenEffectFails(event: EventMessage<Heard>, reason?: string): ReactedActor<Heard>
}

/** An actor that has reacted. */
export interface ReactedActor<Heard extends string> {
  /** Fails unless it said exactly these messages, in this order; without any, unless it said nothing. */
  then(...messages: readonly OutgoingMessage[]): GivenActor<Heard>
}

/** The rule of an actor for an event. */
export function ruleOf(actor: ActorDefinition, event: EventMessage): ReactionRule | EffectRule {
  const rule = actor.rules.get(eventName(event))
  return rule ?? failScenario(`${event.type} of ${event.service} is no event that ${actor.name} hears.`)
}

/** What an actor said, each message checked by its schema. */
export function saidBy(actor: ActorDefinition, reaction: Reaction): readonly OutgoingMessage[] {
  return messagesOf(reaction).map((message) => saidMessage(message, actor.name))
}

function reacted(
  actor: ActorDefinition,
  event: EventMessage,
  react: ReactionRule['react']
): ReactedActor<string> {
  const data = arrivingData(event, ruleOf(actor, event).event)
  const meta = Object.freeze(metaOf(event, 1, scenarioStartMs))
  const reaction = purely(`${actor.name} on ${event.type}`, () => react(data, meta))
  const said = saidBy(actor, reaction)
  return {
    // biome-ignore lint/suspicious/noThenProperty: `then` is the word for it; what it returns is no longer thenable.
    then: function then(...messages) {
      return calledBy(then, () => {
        expectMessages(actor.name, messages, said)
        return givenActor(actor)
      })
    }
  }
}

/** An actor as it is declared. */
export function givenActor(actor: ActorDefinition): GivenActor<string> {
  return {
    when: function when(event) {
      return calledBy(when, () => {
        const rule = ruleOf(actor, event)
        if (rule.mode === 'effect')
          return failScenario(`${event.type} makes ${actor.name} reach outside; use perform() for that.`)
        return reacted(actor, event, rule.react)
      })
    },
    whenEffectFails: function whenEffectFails(event, reason = 'failed in the scenario') {
      return calledBy(whenEffectFails, () => {
        const rule = ruleOf(actor, event)
        if (rule.mode === 'pure' || !rule.fallback)
          return failScenario(`${actor.name} has no fallback for ${event.type}.`)
        const { fallback } = rule
        return reacted(actor, event, (data, meta) => fallback(data, meta, reason))
      })
    }
  }
}
