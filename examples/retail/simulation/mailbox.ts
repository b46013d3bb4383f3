import { type Mail, type MailSender, MailTrouble } from '../notifications/mail-sender.ts'

/** What a reader finds. */
export type Letter = Pick<Mail, 'to' | 'subject' | 'text'>

/** Mail that nobody will ever take. */
export const nobody = 'nobody@nowhere.example'

/** A mail inbox in memory: mails of one id are one mail, and the first stays. */
export class Mailbox implements MailSender {
  readonly letters: Map<string, Letter> = new Map()

  async sendMail({ to, subject, text, mailId }: Mail): Promise<void> {
    if (to === nobody) throw new MailTrouble(`${to} is nobody`, { retriable: false })
    if (!this.letters.has(mailId)) this.letters.set(mailId, { to, subject, text })
  }

  /** What two worlds are compared by. */
  toJSON(): unknown {
    return Object.fromEntries(this.letters)
  }
}
