import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { DatabaseSync } from 'node:sqlite'
import PostalMime from 'postal-mime'
import { SMTPServer, type SMTPServerDataStream } from 'smtp-server'
import { groupCommit } from './group-commit.ts'

/**
 * A mail as the inbox keeps it. `date` is when its sender says it was written (ISO), `deliveries` how often
 * it came.
 */
export type InboxMail = {
  seq: number
  messageId: string
  from: string
  to: readonly string[]
  subject: string
  text: string
  date: string
  deliveries: number
}

export type MailInboxOptions = {
  /** Port on 127.0.0.1; 0 takes a free one. */
  port: number
  /** SQLite file that keeps the mails over a restart; without it they live in memory. */
  dataFile?: string
  /** How many mails are kept; the oldest make room for new ones. */
  mailsMax?: number
}

/**
 * Which mails to list: of one recipient, from after a sequence number on, at most `limit` (1000 unless told).
 */
export type MailQuery = { to?: string; after?: number; limit?: number }

/**
 * Mails kept, deliveries they took (more than mails when some came twice), and mails that made room for newer
 * ones.
 */
export type InboxTotals = { mails: number; deliveries: number; dropped: number }

/** A running inbox. */
export type MailInbox = {
  /** Such as `smtp://127.0.0.1:2525`. */
  readonly url: string
  readonly port: number
  /** Oldest first. */
  messages(query?: MailQuery): InboxMail[]
  /** The mail with that Message-ID, with or without its angle brackets. */
  message(messageId: string): InboxMail | undefined
  totals(): InboxTotals
  /** Takes no new connections, gives open ones a moment to end, keeps what was accepted. */
  close(): Promise<void>
}

type Delivery = Omit<InboxMail, 'seq' | 'deliveries'>

const mailMaxBytes = 1_048_576

const schema = `
  CREATE TABLE IF NOT EXISTS mail (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, message_id TEXT NOT NULL UNIQUE, sender TEXT NOT NULL,
    recipients TEXT NOT NULL, subject TEXT NOT NULL, body TEXT NOT NULL, date TEXT NOT NULL,
    deliveries INTEGER NOT NULL) STRICT`

/**
 * Starts a real SMTP server on 127.0.0.1 that keeps every mail and relays none.
 *
 * A mail is accepted (250) once it is kept, durably when there is a `dataFile`. Mails with one Message-ID are
 * one mail: the first stays, and `deliveries` counts how often it came, so that a mail sent twice can be
 * told.
 */
export async function startMailInbox(options: MailInboxOptions): Promise<MailInbox> {
  const mailsMax = options.mailsMax ?? 100_000
  const store = groupCommit<Delivery, void>({
    file: options.dataFile ?? ':memory:',
    schema,
    prepare: (db) => keeper(db, mailsMax)
  })
  const server = new SMTPServer({
    banner: 'sandbox inbox, relays nothing',
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    logger: false,
    maxClients: 200,
    maxRecipients: 100,
    size: mailMaxBytes,
    rejectOversized: true,
    closeTimeout: 100,
    onData: (stream, { envelope }, done) => {
      const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address
      readMail(stream, { from, to: envelope.rcptTo.map(({ address }) => address) })
        .then(async (delivery) => {
          if (delivery !== undefined) await store.add(delivery)
        })
        .then(
          () => done(null, 'kept'),
          (error: unknown) => done(tryLater(error))
        )
    }
  })
  // A client that breaks off is its own affair; the port being taken is not, and once() below reports that.
  server.on('error', () => undefined)
  const listening = server.listen(options.port, '127.0.0.1')
  try {
    await once(listening, 'listening')
  } catch (cause) {
    store.close()
    throw cause
  }
  const address = listening.address()
  const port = typeof address === 'object' && address !== null ? address.port : options.port
  return {
    url: `smtp://127.0.0.1:${port}`,
    port,
    ...reader(store.db),
    close: async () => {
      await new Promise<void>((resolve) => server.close(resolve))
      store.close()
    }
  }
}

async function readMail(
  stream: SMTPServerDataStream,
  envelope: { from: string; to: string[] }
): Promise<Delivery | undefined> {
  const parts: Buffer[] = []
  for await (const part of stream) if (!stream.sizeExceeded) parts.push(part as Buffer)
  if (stream.sizeExceeded) return undefined
  const raw = Buffer.concat(parts)
  const mail = await PostalMime.parse(raw)
  return {
    ...envelope,
    messageId: mail.messageId ?? `<${createHash('sha256').update(raw).digest('hex')}@no-message-id.invalid>`,
    subject: mail.subject ?? '',
    text: mail.text ?? '',
    date: mail.date ?? ''
  }
}

function tryLater(cause: unknown): Error {
  const why = cause instanceof Error ? cause.message : String(cause)
  return Object.assign(new Error(`not kept: ${why}`, { cause }), { responseCode: 451 })
}

function keeper(db: DatabaseSync, mailsMax: number): (delivery: Delivery) => void {
  const count = db.prepare('UPDATE mail SET deliveries = deliveries + 1 WHERE message_id = ?')
  const keep = db.prepare(
    `INSERT INTO mail (message_id, sender, recipients, subject, body, date, deliveries)
     VALUES (?, ?, ?, ?, ?, ?, 1)`
  )
  const makeRoom = db.prepare('DELETE FROM mail WHERE seq <= ?')
  return ({ messageId, from, to, subject, text, date }) => {
    if (Number(count.run(messageId).changes) > 0) return
    const { lastInsertRowid } = keep.run(messageId, from, JSON.stringify(to), subject, text, date)
    makeRoom.run(Number(lastInsertRowid) - mailsMax)
  }
}

function reader(db: DatabaseSync): Pick<MailInbox, 'messages' | 'message' | 'totals'> {
  const list = db.prepare(
    `SELECT * FROM mail WHERE seq > ? AND (? IS NULL OR EXISTS
       (SELECT 1 FROM json_each(recipients) WHERE value = ?)) ORDER BY seq LIMIT ?`
  )
  const find = db.prepare('SELECT * FROM mail WHERE message_id = ?')
  const add = db.prepare(
    `SELECT count(*) AS mails, coalesce(sum(deliveries), 0) AS deliveries,
       coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'mail'), 0) AS ever FROM mail`
  )
  return {
    messages: ({
      to = null,
      after = 0,
      limit = 1000
    }: {
      to?: string | null
      after?: number
      limit?: number
    } = {}) => list.all(after, to, to, limit).map(asMail),
    message: (messageId) => {
      const row = find.get(messageId.startsWith('<') ? messageId : `<${messageId}>`)
      return row === undefined ? undefined : asMail(row)
    },
    totals: () => {
      const row = add.get()
      const mails = Number(row?.['mails'])
      return { mails, deliveries: Number(row?.['deliveries']), dropped: Number(row?.['ever']) - mails }
    }
  }
}

function asMail(row: Record<string, unknown>): InboxMail {
  const to: unknown = JSON.parse(String(row['recipients']))
  return {
    seq: Number(row['seq']),
    messageId: String(row['message_id']),
    from: String(row['sender']),
    to: Array.isArray(to) ? to.map(String) : [],
    subject: String(row['subject']),
    text: String(row['body']),
    date: String(row['date']),
    deliveries: Number(row['deliveries'])
  }
}
