import type { MessagePort } from 'node:worker_threads'
import { localBus } from 'skerry/local'
import type { Bus, Feed, LogRow } from 'skerry/ports'

type Call =
  | { readonly call: 'read'; readonly number: number; readonly parameters: readonly [number, number, number] }
  | { readonly call: 'heads'; readonly number: number }

/** What goes from one service's thread to another's. */
type Message =
  | Call
  | { readonly call: 'rows'; readonly rows: readonly LogRow[] }
  | { readonly call: 'answer'; readonly number: number; readonly result: unknown }

function answerTo(feed: Feed, port: MessagePort, message: Call): void {
  const asked = message.call === 'heads' ? feed.heads() : feed.read(...message.parameters)
  void asked.then((result) =>
    port.postMessage({ call: 'answer', number: message.number, result } satisfies Message)
  )
}

/** The feed of a service in another thread. */
function remoteFeed(service: string, port: MessagePort, waiting: Map<number, (result: never) => void>): Feed {
  let number = 0
  const ask = <Result>(call: (number: number) => Call): Promise<Result> =>
    new Promise((resolve) => {
      number += 1
      waiting.set(number, resolve)
      port.postMessage(call(number))
    })
  return {
    service,
    read: (...parameters) => ask((one) => ({ call: 'read', number: one, parameters })),
    heads: () => ask((one) => ({ call: 'heads', number: one }))
  }
}

/** A bus between threads that each run one service; rows are copied to every other thread. */
export function threadBus(own: string, ports: ReadonlyMap<string, MessagePort>): Bus {
  const local = localBus()
  const feeds = new Map<string, Feed>()
  let ownFeed: Feed | undefined
  for (const [service, port] of ports) {
    const waiting = new Map<number, (result: never) => void>()
    feeds.set(service, remoteFeed(service, port, waiting))
    port.on('message', (message: Message) => {
      if (message.call === 'rows') local.announce(service, message.rows)
      else if (message.call === 'answer') {
        waiting.get(message.number)?.(message.result as never)
        waiting.delete(message.number)
      } else if (ownFeed) answerTo(ownFeed, port, message)
    })
  }
  return {
    guarantees: { ...local.guarantees, name: 'threads' },
    offer: (feed) => {
      if (feed.service === own) ownFeed = feed
      local.offer(feed)
    },
    feed: (service) => feeds.get(service) ?? local.feed(service),
    announce: (service, rows) => {
      if (service !== own) return
      local.announce(service, rows)
      for (const port of ports.values()) port.postMessage({ call: 'rows', rows } satisfies Message)
    },
    listen: (service, listener) => local.listen(service, listener),
    close: () => local.close()
  }
}
