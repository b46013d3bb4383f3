import type { AnyCommandType, AnyEventType } from './message.ts'

type MessageType = AnyEventType | AnyCommandType

/** A constructor that hands back the object it is given, so that a subclass adds its private field to that object. */
class Given {
  constructor(message: object) {
    // biome-ignore lint/correctness/noConstructorReturn: this is how a private field gets onto a plain object.
    return message
  }
}

/**
 * A private field is the one mark that costs nothing (a WeakMap takes twenty times as long as making the message) and
 * that nobody sees: the message stays a plain object for JSON, for a comparison and for a copy, which loses the mark.
 */
class Mark extends Given {
  readonly #type: MessageType

  constructor(message: object, type: MessageType) {
    super(message)
    this.#type = type
  }

  static typeOf(message: object): MessageType | undefined {
    return #type in message ? message.#type : undefined
  }
}

/** Remembers which declared type made a message. */
export function markMadeBy<Message extends object>(message: Message, type: MessageType): Message {
  new Mark(message, type)
  return message
}

/** The declared type that made this message; undefined for one that was read, copied or written by hand. */
export function madeBy(message: object): MessageType | undefined {
  return Mark.typeOf(message)
}
