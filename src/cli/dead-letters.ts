import { Failure, type FailureCode } from '../core/index.ts'
import { type UnitSummary, unlessAway } from '../gateway/index.ts'
import type { ParkedMessage, ParkedStatus } from '../ports/index.ts'
import type { ServiceStatus } from '../runtime/index.ts'
import { path, placeOf, withQuery } from './address.ts'
import { type AdminClient, adminClient } from './admin-client.ts'
import type { Call } from './call.ts'
import { type LetterAddress, letterAddress } from './dead-letter-address.ts'
import { newData } from './dead-letter-data.ts'
import { afterRedrive } from './dead-letter-outcome.ts'
import { awayText } from './inspect-text.ts'
import { age, labelled, table } from './table.ts'

interface LetterPage {
  readonly deadLetters: readonly ParkedMessage[]
  /** More of them begin behind this number. */
  readonly next?: number
}

interface Units {
  readonly units: readonly UnitSummary[]
}

interface Redriven {
  readonly number: number
  readonly state: 'done' | 'dead' | 'pending'
}

const statuses: readonly ParkedStatus[] = ['dead', 'behind', 'retrying', 'pending']

/** The statuses that are asked for, as the gateway takes them. Fails with `USAGE_INVALID` for one that there is not. */
function statusFilter(call: Call): string | undefined {
  const typed = call.text('status')
  const wrong = typed?.split(',').find((one) => !statuses.some((status) => status === one))
  if (wrong === undefined) return typed
  throw new Failure('USAGE_INVALID', {
    hint: `--status is '${wrong}', but it is one of ${statuses.join(', ')}, or several with commas.`
  })
}

const pathOf = ({ service, number }: LetterAddress): string => path('admin', service, 'dead-letters', number)

/** The names of the services that run. */
async function servicesOf(client: AdminClient): Promise<readonly string[]> {
  const { services } = await client.get<{ readonly services: readonly ServiceStatus[] }>('/admin/status')
  return services.map(({ service }) => service)
}

function serviceNamed(call: Call): string | undefined {
  const [word] = call.words
  if (word === undefined) return undefined
  const { service, unit } = placeOf(word)
  if (unit === undefined) return service
  throw new Failure('USAGE_INVALID', {
    hint: `'${word}' is no service; 'skerry dlq show ${word}' shows one dead letter.`
  })
}

const listHead = ['letter', 'status', 'part', 'key', 'message', 'attempts', 'age', 'failure']

function listRow(service: string, letter: ParkedMessage): readonly string[] {
  const { number, status, subscription, key, message, attempts, parkedMs, failure } = letter
  return [
    `${service}/${number}`,
    status,
    subscription,
    key,
    message.type,
    `${attempts}`,
    age(parkedMs),
    failure
  ]
}

interface ServiceLetters extends LetterPage {
  readonly service: string
  /** Why it could not be asked, in words and as a code. */
  readonly failure?: string
  readonly code?: FailureCode
}

/** The dead letters of all services; one whose process is away does not hide those of the others. */
async function lettersOf(
  client: AdminClient,
  services: readonly string[],
  filter: Readonly<Record<string, string | number | undefined>>
): Promise<readonly ServiceLetters[]> {
  return Promise.all(
    services.map(async (service) => {
      const asked = client.get<LetterPage>(withQuery(path('admin', service, 'dead-letters'), filter))
      const page = await unlessAway<Omit<ServiceLetters, 'service'>>(asked, ({ message, code }) => ({
        deadLetters: [],
        failure: message,
        code
      }))
      return { service, ...page }
    })
  )
}

/** `skerry dlq list`: gives 1 when a service could not be asked. */
export async function listDeadLetters(call: Call): Promise<number> {
  const { terminal } = call
  const client = adminClient(call)
  const named = serviceNamed(call)
  const filter = {
    status: statusFilter(call),
    subscription: call.text('subscription'),
    key: call.text('key'),
    after: call.number('after', 0, Number.MAX_SAFE_INTEGER),
    limit: call.number('limit', 1, 500)
  }
  const services = named === undefined ? await servicesOf(client) : [named]
  const pages = await lettersOf(client, services, filter)
  const unasked = pages.flatMap(({ service, failure, code }) =>
    failure === undefined || code === undefined ? [] : [{ service, failure, code }]
  )
  const exitCode = unasked.length > 0 ? 1 : 0
  if (call.json) {
    terminal.out(JSON.stringify({ services: pages }))
    return exitCode
  }
  const rows = pages.flatMap(({ service, deadLetters }) =>
    deadLetters.map((letter) => listRow(service, letter))
  )
  if (rows.length === 0 && unasked.length === 0) terminal.out('There are none.')
  else if (rows.length > 0) terminal.out(table([listHead, ...rows], terminal.columns).join('\n'))
  for (const { service, next } of pages)
    if (next !== undefined) terminal.out(`More: skerry dlq list ${service} --after ${next}`)
  for (const one of unasked) terminal.err(`${one.service} ${awayText(one)}`)
  return exitCode
}

function letterLines(service: string, letter: ParkedMessage): string[] {
  const { message, status, subscription, key, attempts, parkedMs, failure } = letter
  return [
    ...labelled([
      ['letter', `${service}/${letter.number}, ${status}`],
      ['part', subscription],
      ['key', key],
      ['message', `${message.kind} ${message.type}, version ${message.version}`],
      ['said by', `${message.service}/${message.unit}/${message.key}`],
      ['position', `${letter.source}:${letter.partition}:${letter.position}`],
      ['said', new Date(message.timeMs).toISOString()],
      ['parked', `${new Date(parkedMs).toISOString()}, after ${attempts} attempts`],
      ['failure', failure],
      ['correlation', message.correlationId],
      ['trace', message.traceparent]
    ]),
    JSON.stringify(message.data, undefined, 2)
  ]
}

/** `skerry dlq show` */
export async function showDeadLetter(call: Call): Promise<number> {
  const [word = ''] = call.words
  const address = letterAddress(word)
  const letter = await adminClient(call).get<ParkedMessage>(pathOf(address))
  call.terminal.out(call.json ? JSON.stringify(letter) : letterLines(address.service, letter).join('\n'))
  return 0
}

/** `skerry dlq edit` */
export async function editDeadLetter(call: Call): Promise<number> {
  const { terminal, json } = call
  const [word = ''] = call.words
  const address = letterAddress(word)
  const client = adminClient(call)
  const data = await newData(
    call,
    async () => (await client.get<ParkedMessage>(pathOf(address))).message.data
  )
  if (data === undefined) {
    terminal.err('Nothing was changed.')
    return 0
  }
  const edited = await client.post<ParkedMessage>(`${pathOf(address)}/edit`, { data })
  terminal.out(
    json ? JSON.stringify(edited) : `${word} is changed; 'skerry dlq redrive ${word}' tries it again.`
  )
  return 0
}

async function lettersToRedrive(call: Call, client: AdminClient): Promise<readonly LetterAddress[]> {
  const all = call.text('all')
  if ((all === undefined) === (call.words.length === 0))
    throw new Failure('USAGE_INVALID', { hint: 'Name dead letters such as sales/1, or --all SERVICE.' })
  if (all === undefined) return call.words.map(letterAddress)
  const found: LetterAddress[] = []
  for (let after: number | undefined = 0; after !== undefined; ) {
    const query: Readonly<Record<string, number>> = { after, limit: 500 }
    const page: LetterPage = await client.get(withQuery(path('admin', all, 'dead-letters'), query))
    found.push(...page.deadLetters.map(({ number }) => ({ service: all, number })))
    after = page.next
  }
  return found
}

/** `skerry dlq redrive`: one after the other, in the order in which they were named. */
export async function redriveDeadLetters(call: Call): Promise<number> {
  const { terminal, json } = call
  const client = adminClient(call)
  const letters = await lettersToRedrive(call, client)
  const redriven: (Redriven & { readonly service: string })[] = []
  for (const address of letters) {
    const letter = await client.get<ParkedMessage>(pathOf(address))
    const one = await client.post<Redriven>(`${pathOf(address)}/redrive`, {})
    redriven.push({ service: address.service, ...one })
    if (json) continue
    const { units } = await client.get<Units>(path('admin', address.service, 'units'))
    terminal.out(`${address.service}/${address.number} ${afterRedrive(one.state, letter, units)}`)
  }
  if (json) terminal.out(JSON.stringify({ redriven }))
  else if (letters.length === 0) terminal.out('There are none.')
  return redriven.some(({ state }) => state === 'dead') ? 1 : 0
}

/** `skerry dlq discard` */
export async function discardDeadLetter(call: Call): Promise<number> {
  const [word = ''] = call.words
  const address = letterAddress(word)
  const reason = call.text('reason')
  if (reason === undefined || reason.trim() === '')
    throw new Failure('USAGE_INVALID', { hint: 'Say why with --reason; it is kept in the audit.' })
  const discarded = await adminClient(call).post(`${pathOf(address)}/discard`, { reason })
  call.terminal.out(
    call.json ? JSON.stringify(discarded) : `${word} is dropped; what waited behind it follows.`
  )
  return 0
}
