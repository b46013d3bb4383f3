import {
  type ActorDefinition,
  type OutgoingMessage,
  type Reaction,
  type ReactionRule,
  upcast
} from '../core/index.ts'
import { type Handler, metaOf } from './handler.ts'
import { checkAddresses } from './key.ts'
import { ruleFinder } from './rules-by-source.ts'
import { causeOf } from './trace.ts'

/** What an actor answered, as a list. Fails with `KEY_INVALID` when one of them has nowhere to go. */
export function messagesOf(reaction: Reaction): readonly OutgoingMessage[] {
  if (reaction === undefined) return []
  const messages = 'kind' in reaction ? [reaction] : reaction
  checkAddresses(messages)
  return messages
}

/** Lets an actor react to events: at once when pure, as parked work when it reaches outside. */
export function actorHandler(actor: ActorDefinition): Handler {
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
      const messages = messagesOf(rule.react(upcast(rule.event, row.version, row.data), metaOf(row)))
      return {
        needs: () => undefined,
        apply: (draft) => {
          for (const message of messages) draft.say({ unit: actor.name, key: row.key }, message, causeOf(row))
        }
      }
    }
  }
}
