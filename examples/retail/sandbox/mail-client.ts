import { createHash } from 'node:crypto'
import { createTransport } from 'nodemailer'
import { type MailSender, MailTrouble } from '../notifications/mail-sender.ts'

/** Sends mails over a pool of kept connections. */
export type SmtpSender = MailSender & {
  /** Ends idle connections now, and busy ones after their mail. */
  close(): void
}

type MailSenderOptions = {
  /** Where the server listens, such as `smtp://127.0.0.1:2525`. */
  url: string
  from: string
  connectionsMax?: number
}

/** The Message-ID for a mail id: the same id gives the same, so a receiver can tell a repeat. */
export function messageIdOf(mailId: string): string {
  return `<${createHash('sha256').update(mailId).digest('hex')}@retail.example>`
}

/** Opens a sender; connections are made when mails need them. */
export function mailSender({ url, from, connectionsMax = 4 }: MailSenderOptions): SmtpSender {
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
    sendMail: async ({ mailId, writtenMs, ...mail }) => {
      const date = writtenMs === undefined ? {} : { date: new Date(writtenMs) }
      const messageId = messageIdOf(mailId)
      try {
        await transport.sendMail({ from, ...mail, messageId, ...date })
      } catch (cause) {
        throw asTrouble(mail.to, messageId, cause)
      }
    },
    close: () => transport.close()
  }
}

function asTrouble(to: string, messageId: string, cause: unknown): MailTrouble {
  const error: Error & { responseCode?: number; code?: string } =
    cause instanceof Error ? cause : new Error(String(cause))
  const retriable = error.responseCode === undefined ? error.code !== 'EENVELOPE' : error.responseCode < 500
  return new MailTrouble(`mail ${messageId} to ${to} was not accepted: ${error.message}`, {
    retriable,
    cause
  })
}
