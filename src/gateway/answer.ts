import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** What a handler gives back; `send` turns it into the answer. */
export interface Answer {
  /** 200 when left out. */
  readonly status?: number
  /** `application/json` when left out. */
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
  /** As it goes over the wire; nothing for an answer without content. */
  readonly body?: string
}

/** JSON that must not be kept by anybody on the way. */
export function json(value: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return { body: JSON.stringify(value), headers }
}

/** Whether the caller has the answer with this tag already. */
export function isFresh(request: FastifyRequest, tag: string): boolean {
  const known = request.headers['if-none-match']
  if (known === undefined) return false
  const weak = (one: string): string => one.trim().replace(/^W\//, '')
  return known.trim() === '*' || known.split(',').some((one) => weak(one) === weak(tag))
}

/** JSON with an entity tag over its bytes: a caller that has them is told so in a few bytes. */
export function taggedJson(request: FastifyRequest, value: unknown): Answer {
  const body = JSON.stringify(value)
  const tag = `"${createHash('sha1').update(body).digest('base64url')}"`
  const headers = { etag: tag, 'cache-control': 'private, no-cache' }
  return isFresh(request, tag) ? { status: 304, headers } : { headers, body }
}

/** Sends an answer. Nothing is kept by caches, and no browser guesses a type, unless the answer says otherwise. */
export function send(reply: FastifyReply, answer: Answer): FastifyReply {
  const { status = 200, type = 'application/json', headers, body } = answer
  reply.code(status).header('x-content-type-options', 'nosniff').header('cache-control', 'no-store')
  if (headers) reply.headers(headers)
  if (body === undefined) return reply.send()
  return reply.header('content-type', type).send(body)
}
