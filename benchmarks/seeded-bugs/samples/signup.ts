import { actor, contract, projection, service, stateMachine, system } from 'skerry'
import { defineSimulation, invariant } from 'skerry/simulator'
import { z } from 'zod'
import { Mailbox } from '../outside/mailbox.ts'
import { sent, upTo } from '../outside/sent.ts'

const people = contract('people')
const SignUp = people.command('SignUp', z.object({ email: z.string() }))
const ChangeEmail = people.command('ChangeEmail', z.object({ email: z.string() }))
const SignedUp = people.event('SignedUp', z.object({ person: z.string(), email: z.string() }))
const EmailChanged = people.event('EmailChanged', z.object({ person: z.string(), email: z.string() }))

const person = stateMachine<{ status: 'new' | 'known' }>('person', { status: 'new' })
  .evolve(SignedUp, { from: 'new', to: 'known' }, () => ({ status: 'known' }))
  .evolve(EmailChanged, { from: 'known', to: 'known' }, (known) => known)
  .on(SignUp, { from: 'new', emits: SignedUp }, (_, { email }, { key }) => SignedUp({ person: key, email }))
  .on(ChangeEmail, { from: 'known', emits: EmailChanged }, (_, { email }, { key }) =>
    EmailChanged({ person: key, email })
  )

const post = contract('post')
const QueueLetter = post.command(
  'QueueLetter',
  z.object({ person: z.string(), email: z.string(), text: z.string() })
)
const RecordLetter = post.command('RecordLetter', z.object({ at: z.string() }), { internal: true })
const LetterQueued = post.event(
  'LetterQueued',
  z.object({ letterId: z.string(), person: z.string(), email: z.string(), text: z.string() })
)
const LetterSent = post.event('LetterSent', z.object({ letterId: z.string() }))

const letter = stateMachine<{ status: 'new' | 'queued' | 'sent' }>('letter', { status: 'new' })
  .evolve(LetterQueued, { from: 'new', to: 'queued' }, () => ({ status: 'queued' }))
  .evolve(LetterSent, { from: 'queued', to: 'sent' }, () => ({ status: 'sent' }))
  .on(QueueLetter, { from: 'new', emits: LetterQueued }, (_, ask, { key: letterId }) =>
    LetterQueued({ letterId, ...ask })
  )
  .on(RecordLetter, { from: 'queued', emits: LetterSent }, (_, __, { key: letterId }) =>
    LetterSent({ letterId })
  )

const welcome = actor('welcome')
  .on(SignedUp, ({ person, email }) =>
    QueueLetter.for(`welcome-${person}`, { person, email, text: 'Welcome!' })
  )
  .on(EmailChanged, ({ person, email }, { id }) =>
    QueueLetter.for(`change-${id}`, { person, email, text: `It is ${email} now.` })
  )

const addresses = projection<{ email: string }>('addresses')
  .on(
    SignedUp,
    ({ person }) => person,
    (_, { email }) => ({ email })
  )
  .on(
    EmailChanged,
    ({ person }) => person,
    (_, { email }) => ({ email })
  )

const postman = (mailbox: Mailbox) =>
  actor('postman').effect(
    LetterQueued,
    { retry: { attempts: 6 } },
    async ({ letterId, email, text }, { idempotencyKey }) => {
      await mailbox.send({ to: email, text, messageId: idempotencyKey })
      return RecordLetter.for(letterId, { at: email })
    }
  )

type World = { mailbox: Mailbox }

export const simulation = defineSimulation<World>({
  outside: () => ({ mailbox: new Mailbox() }),
  system: ({ mailbox }) =>
    system('signup', [
      service(people, [person]),
      service(post, [letter, welcome, addresses, postman(mailbox)])
    ]),
  workload: (random) =>
    upTo(3 + random.below(8)).flatMap((number) => {
      const key = `p-${number}`
      const atMs = random.below(2_000)
      const join = sent(SignUp.for(key, { email: `${key}@old.org` }), atMs)
      return random.chance(0.5)
        ? [join, sent(ChangeEmail.for(key, { email: `${key}@new.org` }), atMs + 50)]
        : [join]
    }),
  invariants: [
    invariant<World>('everybody is welcomed once', ({ states, outside }) => {
      const known = states<{ status: string }>('people/person').length
      const welcomed = outside.mailbox.mails.filter(({ text }) => text === 'Welcome!').length
      return known === welcomed || `${known} people have signed up, ${welcomed} are welcomed.`
    }),
    invariant<World>('who changes the address is told', ({ log, outside }) => {
      const changed = log('people').filter(({ type }) => type === 'EmailChanged').length
      const told = outside.mailbox.mails.filter(({ text }) => text.startsWith('It is')).length
      return changed === told || `${changed} addresses have changed, ${told} letters say so.`
    }),
    invariant('every letter is sent', ({ states }) => {
      const open = states<{ status: string }>('post/letter').find(({ value }) => value.status !== 'sent')
      return open === undefined || `${open.key} is ${open.value.status}.`
    })
  ]
})
