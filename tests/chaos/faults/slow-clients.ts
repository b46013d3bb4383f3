import type { Socket } from 'node:net'
import type { Fault } from '../fault.ts'
import { deposit, rawCaller } from '../http-client.ts'
import { percentile } from '../report.ts'
import { endServed, type ServedBank, servedBank } from '../served-bank.ts'

const callersOfAKind = 100
const healthyCommands = 60
/** How long a healthy caller may wait while slow ones hold their connections, on a machine that has other work too. */
const healthyMaxMs = 2_000
const dripMs = 50

/** Callers that never finish what they say, or never take what they asked for. */
async function slowCallers({ url }: ServedBank): Promise<readonly Socket[]> {
  const all = await Promise.all(Array.from({ length: 3 * callersOfAKind }, () => rawCaller(url)))
  const feed = 'GET /bank/feed/0 HTTP/1.1\r\nHost: localhost\r\n\r\n'
  for (const [at, socket] of all.entries())
    if (at % 3 === 0) socket.write('GET / HTTP/1.1\r\nX-A: b\r\n')
    else if (at % 3 === 1)
      socket.write(
        'POST /bank/account/slow/Deposit HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n{"note":"'
      )
    else {
      socket.pause()
      socket.write(feed.repeat(50))
    }
  return all
}

/** Hundreds of slow callers, of three kinds; a quick one must not notice. */
export const slowClients: Fault = {
  name: 'slow-clients',
  story: `${3 * callersOfAKind} callers that send drop by drop or take no answers, and one that is quick`,
  times: { quick: 1, long: 20 },
  missing: () => undefined,
  run: (campaign) =>
    campaign.lanes(1, async (_, number) => {
      const served = await servedBank(campaign)
      const { url, lives } = served
      await deposit(url, lives.ledger, `before-${number}`)
      const slow = await slowCallers(served)
      campaign.grounds.defer(() => {
        for (const socket of slow) socket.destroy()
      })
      const dripping = setInterval(() => {
        for (const [at, socket] of slow.entries())
          if (at % 3 < 2 && socket.writable) socket.write(at % 3 === 0 ? 'X-A: b\r\n' : 'x')
      }, dripMs)
      const waitsMs: number[] = []
      for (let count = 0; count < healthyCommands; count++) {
        const { status, ms, text } = await deposit(url, lives.ledger, `quick-${number}-${count}`)
        if (status !== 200) campaign.violated(`A quick caller was answered ${status}: ${text}`)
        waitsMs.push(ms)
      }
      clearInterval(dripping)
      const held = slow.filter((socket) => !socket.closed).length
      if (held > 2 * callersOfAKind) campaign.fired()
      const longestMs = percentile(waitsMs, 99) ?? 0
      if (longestMs > healthyMaxMs)
        campaign.violated(`A quick caller waited ${longestMs.toFixed(0)} ms beside ${held} slow ones.`)
      await endServed(campaign, served, 'beside slow callers')
      for (const socket of slow) socket.destroy()
    })
}
