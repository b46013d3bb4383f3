import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { Failure, type FailureCode } from '../core/index.ts'
import { problemAnswer, problemOf } from './problem.ts'

const codes: Readonly<Record<string, FailureCode>> = {
  HPE_HEADER_OVERFLOW: 'HEADERS_TOO_LARGE',
  ERR_HTTP_REQUEST_TIMEOUT: 'REQUEST_TIMEOUT',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'BODY_TOO_LARGE'
}

const reasons: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  413: 'Content Too Large',
  431: 'Request Header Fields Too Large'
}

/**
 * Answers what never became a request, when there still is somebody to answer, and cuts the connection. Where a request
 * before it is under way, that one is answered and nothing else: what came behind it is no reason to say it was refused.
 */
export function refuseConnection(error: Error & { readonly code?: string }, socket: Socket): void {
  // An answer that has begun must not be mixed with another one; Node's own handler looks at the same field.
  const { _httpMessage: begun } = socket as Socket & { readonly _httpMessage?: ServerResponse | null }
  if (!socket.writable || error.code === 'ECONNRESET' || begun?.headersSent) {
    socket.destroy()
    return
  }
  if (begun?.req.complete) {
    begun.shouldKeepAlive = false
    socket.pause()
    return
  }
  const failure = new Failure(codes[error.code ?? ''] ?? 'REQUEST_INVALID')
  const {
    status = 400,
    type = '',
    headers = {},
    body = ''
  } = problemAnswer(problemOf(failure, { instance: '/' }))
  const all = {
    ...headers,
    'content-type': type,
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close'
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(`HTTP/1.1 ${status} ${reasons[status] ?? ''}\r\n${lines.join('')}\r\n${body}`)
  socket.destroySoon()
}
