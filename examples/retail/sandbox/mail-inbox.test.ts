import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createTransport } from 'nodemailer'
import { afterEach, describe, expect, test } from 'vitest'
import { type Mail, MailTrouble } from '../notifications/mail-sender.ts'
import { mailSender, messageIdOf, type SmtpSender } from './mail-client.ts'
import { type MailInbox, type MailInboxOptions, startMailInbox } from './mail-inbox.ts'

const cleanups: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function open(
  options: Partial<MailInboxOptions> = {}
): Promise<{ inbox: MailInbox; sender: SmtpSender }> {
  const inbox = await startMailInbox({ port: 0, ...options })
  const sender = mailSender({ url: inbox.url, from: 'shop@retail.example' })
  cleanups.push(
    () => inbox.close(),
    () => sender.close()
  )
  return { inbox, sender }
}

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'mail-inbox-'))
  cleanups.push(() => rm(path, { recursive: true }))
  return path
}

/** A sender whose server does what `connected` does with each connection. */
async function senderTo(connected: (socket: Socket) => void): Promise<SmtpSender> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    connected(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const sender = mailSender({ url: `smtp://127.0.0.1:${port}`, from: 'shop@retail.example' })
  cleanups.push(
    () => server.close(),
    () => sender.close()
  )
  return sender
}

function mail(key: string, more: Partial<Mail> = {}): Mail {
  return {
    to: 'customer@example.com',
    subject: 'Your order',
    text: 'Thank you.\n',
    mailId: key,
    ...more
  }
}

async function troubleOf(sent: Promise<void>): Promise<MailTrouble> {
  const error = await sent.then(
    () => new Error('the mail was accepted'),
    (reason: unknown) => reason
  )
  if (error instanceof MailTrouble) return error
  throw error
}

describe('a mail', () => {
  test('arrives as it was written, with its recipient, subject, text, date and Message-ID', async () => {
    const { inbox, sender } = await open()
    const lines = ['Grüße!', '3 × WHITE HANGING HEART: £7.65', '.', '..dots', 'long '.repeat(400), '😀', '']
    const text = lines.join('\n')
    const date = new Date('2010-12-01T08:26:00Z')
    await sender.sendMail(
      mail('order-1', { subject: 'Order № 536365 – thank you ✓', text, writtenMs: date.getTime() })
    )
    expect(inbox.messages()).toEqual([
      {
        seq: 1,
        messageId: messageIdOf('order-1'),
        from: 'shop@retail.example',
        to: ['customer@example.com'],
        subject: 'Order № 536365 – thank you ✓',
        text,
        date: date.toISOString(),
        deliveries: 1
      }
    ])
  })

  test('sent twice is one mail that came twice', async () => {
    const { inbox, sender } = await open()
    await sender.sendMail(mail('order-1'))
    await sender.sendMail(mail('order-2'))
    await sender.sendMail(mail('order-1'))
    expect(inbox.message(messageIdOf('order-1'))).toMatchObject({ deliveries: 2 })
    expect(inbox.message(messageIdOf('order-2').slice(1, -1))).toMatchObject({ deliveries: 1 })
    expect(inbox.message('<nobody@example.com>')).toBeUndefined()
    expect(inbox.totals()).toEqual({ mails: 2, deliveries: 3, dropped: 0 })
  })

  test('whose subject tries to smuggle in a header reaches nobody else', async () => {
    const { inbox, sender } = await open()
    await sender.sendMail(mail('order-1', { subject: 'Hello\r\nBcc: other@example.com\r\n\r\nText' }))
    expect(inbox.messages()).toMatchObject([{ to: ['customer@example.com'], text: 'Thank you.\n' }])
  })

  test('without a Message-ID is kept, and told from another by what it says', async () => {
    const { inbox } = await open()
    const transport = createTransport({ host: '127.0.0.1', port: inbox.port, secure: false })
    const envelope = { from: 'a@example.com', to: ['b@example.com', 'c@example.com'] }
    for (const raw of ['Subject: x\r\n\r\none', 'Subject: x\r\n\r\ntwo', 'Subject: x\r\n\r\ntwo']) {
      await transport.sendMail({ envelope, raw })
    }
    expect(inbox.messages().map(({ to, text, deliveries }) => [to.length, text.trim(), deliveries])).toEqual([
      [2, 'one', 1],
      [2, 'two', 2]
    ])
  })
})

describe('the inbox', () => {
  test('takes five hundred mails at once, each once, and lists them by recipient and in pages', async () => {
    const { inbox, sender } = await open()
    const numbers = Array.from({ length: 500 }, (_, index) => index)
    await Promise.all(
      numbers.map((n) => sender.sendMail(mail(`order-${n}`, { to: `customer-${n % 10}@example.com` })))
    )
    expect(inbox.totals()).toEqual({ mails: 500, deliveries: 500, dropped: 0 })
    expect(new Set(inbox.messages().map(({ messageId }) => messageId)).size).toBe(500)
    expect(inbox.messages({ to: 'customer-3@example.com' })).toHaveLength(50)
    const page = inbox.messages({ limit: 200 })
    const rest = inbox.messages({ after: page.at(-1)?.seq ?? 0 })
    expect([page.length, rest.length]).toEqual([200, 300])
  })

  test('makes room for new mails when it is full, and says how many went', async () => {
    const { inbox, sender } = await open({ mailsMax: 3 })
    for (const key of ['a', 'b', 'a', 'c', 'd', 'e']) await sender.sendMail(mail(key, { subject: key }))
    expect(inbox.messages().map(({ subject }) => subject)).toEqual(['c', 'd', 'e'])
    expect(inbox.totals()).toEqual({ mails: 3, deliveries: 3, dropped: 2 })
  })

  test('with a file keeps its mails over a restart, and the same sender goes on', async () => {
    const dataFile = join(await folder(), 'mails.db')
    const first = await startMailInbox({ port: 0, dataFile })
    const sender = mailSender({ url: first.url, from: 'shop@retail.example' })
    cleanups.push(() => sender.close())
    await sender.sendMail(mail('before'))
    await first.close()
    expect(await troubleOf(sender.sendMail(mail('meanwhile')))).toMatchObject({ retriable: true })

    const second = await startMailInbox({ port: first.port, dataFile })
    cleanups.push(() => second.close())
    await sender.sendMail(mail('before'))
    await sender.sendMail(mail('meanwhile'))
    expect(second.messages().map(({ messageId, deliveries }) => [messageId, deliveries])).toEqual([
      [messageIdOf('before'), 2],
      [messageIdOf('meanwhile'), 1]
    ])
  })

  test('that cannot write accepts no mail, and takes the repeat when it can', async () => {
    const dataFile = join(await folder(), 'mails.db')
    const { inbox, sender } = await open({ dataFile })
    const other = new DatabaseSync(dataFile)
    other.exec('BEGIN IMMEDIATE')
    const trouble = await troubleOf(sender.sendMail(mail('order-1')))
    expect(trouble).toMatchObject({ retriable: true })
    expect(trouble.message).toContain('not kept')
    other.exec('ROLLBACK')
    other.close()
    expect(inbox.totals().mails).toBe(0)
    await sender.sendMail(mail('order-1'))
    expect(inbox.totals()).toEqual({ mails: 1, deliveries: 1, dropped: 0 })
  })

  test('refuses a mail of more than a mebibyte for good', async () => {
    const { inbox, sender } = await open()
    const trouble = await troubleOf(
      sender.sendMail(mail('order-1', { text: 'much too long\n'.repeat(100_000) }))
    )
    expect(trouble.retriable).toBe(false)
    expect(inbox.totals().mails).toBe(0)
    await sender.sendMail(mail('order-2'))
    expect(inbox.totals().mails).toBe(1)
  })

  test('says so when its port is taken', async () => {
    const { inbox } = await open()
    await expect(startMailInbox({ port: inbox.port })).rejects.toThrow(/address already in use/)
  })
})

describe('the sender', () => {
  test('gives one key one Message-ID, and other keys others', () => {
    expect(messageIdOf('order-1')).toMatch(/^<[0-9a-f]{64}@retail\.example>$/)
    expect(messageIdOf('order-1')).toBe(messageIdOf('order-1'))
    expect(messageIdOf('order-1')).not.toBe(messageIdOf('order-2'))
  })

  test('reports a recipient that is no address as trouble that no repeat mends', async () => {
    const { inbox, sender } = await open()
    for (const to of ['', 'nobody']) {
      expect(await troubleOf(sender.sendMail(mail('order-1', { to })))).toMatchObject({ retriable: false })
    }
    expect(inbox.totals().mails).toBe(0)
  })

  test('reports a server that is not there as trouble worth a repeat', async () => {
    const { inbox, sender } = await open()
    await inbox.close()
    const trouble = await troubleOf(sender.sendMail(mail('order-1')))
    expect(trouble.retriable).toBe(true)
    expect(trouble.message).toContain(messageIdOf('order-1'))
  })

  test('does not repeat a mail by itself when the connection breaks before the answer', async () => {
    let mails = 0
    const sender = await senderTo((socket) => {
      socket.setEncoding('utf8').on('data', (said: string) => {
        if (said.endsWith('\r\n.\r\n')) {
          mails += 1
          socket.destroy()
        } else socket.write(said.startsWith('DATA') ? '354 go on\r\n' : '250 fine\r\n')
      })
      socket.write('220 here\r\n')
    })
    expect(await troubleOf(sender.sendMail(mail('order-1')))).toMatchObject({ retriable: true })
    expect(mails).toBe(1)
  })

  test('does not call again by itself when the server hangs up without a greeting', async () => {
    let calls = 0
    const sender = await senderTo((socket) => {
      calls += 1
      socket.end()
    })
    expect(await troubleOf(sender.sendMail(mail('order-1')))).toMatchObject({ retriable: true })
    expect(calls).toBe(1)
  })

  test('does not send what was called off before', async () => {
    const { inbox, sender } = await open()
    const trouble = await troubleOf(sender.sendMail(mail('order-1', { signal: AbortSignal.abort() })))
    expect(trouble.retriable).toBe(true)
    await sender.sendMail(mail('order-2'))
    expect(inbox.messages().map(({ messageId }) => messageId)).toEqual([messageIdOf('order-2')])
  })
})
