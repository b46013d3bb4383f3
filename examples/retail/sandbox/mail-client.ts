import { createHash } from 'node:crypto'
import { createTransport } from 'nodemailer'

/** A mail to one recipient. The same `messageId` for the same mail, however often it is tried. */
export type Mail = {
  to: string
  subject: string
  text: string
  messageId: string
  /** When the mail says it was written; now, unless told. */
  date?: Date
  /** Stops waiting. The mail may arrive all the same. */
  signal?: AbortSignal
}

/**
 * The mail was not accepted. When `retriable`, it may or may not have arrived, and it may be sent again with
 * the same Message-ID; otherwise the server will never take it as it is.
 */
export class MailTrouble extends Error {
  override readonly name = 'MailTrouble'
  readonly retriable: boolean

  constructor(message: string, about: { retriable: boolean; cause: unknown }) {
    super(message, { cause: about.cause })
    this.retriable = about.retriable
  }
}

/** Sends mails over a pool of kept connections. */
export type MailSender = {
  /**
   * Resolves once the server has accepted the mail. Throws MailTrouble. Repeating is the caller's to decide.
   */
  sendMail(mail: Mail): Promise<void>
  /** Ends idle connections now, and busy ones after their mail. */
  close(): void
}

type MailSenderOptions = {
  /** Where the server listens, such as `smtp://127.0.0.1:2525`. */
  url: string
  from: string
  connectionsMax?: number
}

/** The Message-ID for an idempotency key: the same key gives the same id, so a receiver can tell a repeat. */
export function messageIdOf(idempotencyKey: string): string {
  return `<${createHash('sha256').update(idempotencyKey).digest('hex')}@retail.example>`
}

/** Opens a sender; connections are made when mails need them. */
export function mailSender({ url, from, connectionsMax = 4 }: MailSenderOptions): MailSender {
  const { hostname, port } = new URL(url)
  // The pool would repeat a mail by itself when a connection breaks; who asked for the mail decides about
  // repeats.
  const transport = createTransport({
    pool: true,
    host: hostname,
    port: Number(port),
    secure: false,
    maxConnections: connectionsMax,
    maxMessages: Infinity,
    maxRequeues: 0,
    connectionTimeout: 5_000,
    greetingTimeout: 5_000,
    socketTimeout: 15_000,
    disableFileAccess: true,
    disableUrlAccess: true
  })
  return {
    sendMail: async (mail) => {
      try {
        await transport.sendMail({ from, ...mail })
      } catch (cause) {
        throw asTrouble(mail, cause)
      }
    },
    close: () => transport.close()
  }
}

function asTrouble({ to, messageId }: Mail, cause: unknown): MailTrouble {
  const error: Error & { responseCode?: number; code?: string } =
    cause instanceof Error ? cause : new Error(String(cause))
  const retriable = error.responseCode === undefined ? error.code !== 'EENVELOPE' : error.responseCode < 500
  return new MailTrouble(`mail ${messageId} to ${to} was not accepted: ${error.message}`, {
    retriable,
    cause
  })
}
