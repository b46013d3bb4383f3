import type { EffectSignal } from 'skerry'

/** A mail to one recipient. */
export interface Mail {
  readonly to: string
  readonly subject: string
  readonly text: string
  /** The same for the same mail, however often it is tried: its receiver can tell a repeat. */
  readonly mailId: string
  /** When the mail says it was written, in milliseconds since 1970; now, unless told. */
  readonly writtenMs?: number
  /** Stops waiting. The mail may arrive all the same. */
  readonly signal?: EffectSignal
}

/** Who carries mail for notifications. */
export interface MailSender {
  /** Resolves once the mail was accepted. Throws, a `MailTrouble` when it knows more. Repeating is the caller's to decide. */
  sendMail(mail: Mail): Promise<void>
}

/**
 * The mail was not accepted. When `retriable`, it may or may not have arrived, and it may be sent again under
 * the same id; otherwise the server will never take it as it is.
 */
export class MailTrouble extends Error {
  override readonly name = 'MailTrouble'
  readonly retriable: boolean

  constructor(message: string, about: { retriable: boolean; cause?: unknown }) {
    super(message, about.cause === undefined ? {} : { cause: about.cause })
    this.retriable = about.retriable
  }
}
