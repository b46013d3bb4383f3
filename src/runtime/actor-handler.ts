import {
  type ActorDefinition,
  checkSaid,
  messagesOf,
  type OutgoingMessage,
  type Reaction,
  type ReactionRule,
  type ServiceDefinition,
  upcast
} from '../core/index.ts'
import { type Handler, metaOf } from './handler.ts'
import { ruleFinder } from './rules-by-source.ts'
import { causeOf } from './trace.ts'

/**
 * What an actor answered, as a list. Fails with `KEY_INVALID` when one of them has nowhere to go, and with
 * `DEFINITION_INVALID` when one is an event that no actor of the service may say.
 */
export function checkedMessages(
  service: ServiceDefinition,
  actor: string,
  reaction: Reaction
): readonly OutgoingMessage[] {
  const messages = messagesOf(reaction)
  checkSaid(service, actor, messages)
  return messages
}

/** Lets an actor react to events: at once when pure, as parked work when it reaches outside. */
export function actorHandler(service: ServiceDefinition, actor: ActorDefinition): Handler {
  const ruleOf = ruleFinder(actor.rules)
  return {
    subscription: actor.name,
    sources: [...new Set([...actor.rules.values()].map((rule) => rule.event.service))],
    wants: (row) => ruleOf(row) !== undefined,
    orderKey: (row) => {
      const rule = ruleOf(row)
      return rule?.mode === 'effect'
        ? rule.key(upcast(rule.event, row.version, row.data), metaOf(row))
        : row.key
    },
    effectRule: (row) => {
      const rule = ruleOf(row)
      return rule?.mode === 'effect' ? rule : undefined
    },
    typeOf: (row) => ruleOf(row)?.event,
    plan: (row) => {
      const rule = ruleOf(row) as ReactionRule
      const reaction = rule.react(upcast(rule.event, row.version, row.data), metaOf(row))
      const messages = checkedMessages(service, actor.name, reaction)
      return {
        needs: () => undefined,
        apply: (draft) => {
          for (const message of messages) draft.say({ unit: actor.name, key: row.key }, message, causeOf(row))
        }
      }
    }
  }
}
