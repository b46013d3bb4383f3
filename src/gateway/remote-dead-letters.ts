import type { AuditWrite, ParkedFilter, ParkedMessage } from '../ports/index.ts'
import type { DeadLetters } from '../runtime/index.ts'
import { failureOfProblem } from './problem.ts'
import { answerMs, type RemoteGateway } from './remote-exchange.ts'

/** A redrive tries an effect again, with all the time that it may take. */
const changeMs = 600_000

/** The dead letters of a service in another process. */
export function remoteDeadLetters(gateway: RemoteGateway): DeadLetters {
  const base = `/admin/${encodeURIComponent(gateway.service)}`
  const change = async <Answer>(path: string, body: unknown, by: string): Promise<Answer> => {
    const headers = { 'skerry-operator': by }
    const { isOk, body: answer } = await gateway.ask({ method: 'POST', path, headers, body, maxMs: changeMs })
    if (!isOk) throw failureOfProblem(answer)
    return answer as Answer
  }
  return {
    async list({ subscription, key, status, afterNumber = 0, limit }: ParkedFilter) {
      const query = new URLSearchParams({
        after: `${afterNumber}`,
        limit: `${limit}`,
        ...(subscription === undefined ? {} : { subscription }),
        ...(key === undefined ? {} : { key }),
        ...(status === undefined ? {} : { status: status.join(',') })
      })
      const path = `${base}/dead-letters?${query}`
      const { deadLetters } = await gateway.get<{ readonly deadLetters: readonly ParkedMessage[] }>(
        path,
        answerMs
      )
      return deadLetters
    },
    show: (number) => gateway.get(`${base}/dead-letters/${number}`, answerMs),
    edit: (number, data, by) => change(`${base}/dead-letters/${number}/edit`, { data }, by),
    redrive: (number, by) => change(`${base}/dead-letters/${number}/redrive`, {}, by),
    async discard(number, reason, by) {
      await change(`${base}/dead-letters/${number}/discard`, { reason }, by)
    },
    async audit(limit) {
      const path = `${base}/audit?limit=${limit}`
      return (await gateway.get<{ readonly audit: readonly AuditWrite[] }>(path, answerMs)).audit
    }
  }
}
