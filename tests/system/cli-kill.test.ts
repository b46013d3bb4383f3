import { expect, test } from 'vitest'
import { type RunningShop, runningShop, shopDirectory } from './skerry-process.ts'

const clients = 64

interface Load {
  /** Keys whose order was acknowledged. */
  readonly acknowledged: Set<string>
  /** Orders that were sent and not answered yet. */
  readonly open: Set<string>
  /** Stops sending new ones and waits for the answers. */
  end(): Promise<void>
}

/** Clients that place one order after the other until nobody answers any more. */
function load(shop: RunningShop, prefix: string): Load {
  const acknowledged = new Set<string>()
  const open = new Set<string>()
  let goesOn = true
  let number = 0
  const client = async (): Promise<void> => {
    while (goesOn) {
      const key = `${prefix}-${number++}`
      open.add(key)
      try {
        const status = await shop.place(key)
        if (status === 200) acknowledged.add(key)
        else goesOn = false
      } catch {
        goesOn = false
      }
      open.delete(key)
    }
  }
  const all = Promise.all(Array.from({ length: clients }, client))
  return {
    acknowledged,
    open,
    async end() {
      goesOn = false
      await all
    }
  }
}

async function keysOf(shop: RunningShop): Promise<ReadonlySet<string>> {
  const keys = new Set<string>()
  for (let next = ''; ; ) {
    const page = await fetch(`${shop.url}/admin/sales/entities/order?limit=500&after=${next}`)
    const { entities, next: more } = (await page.json()) as {
      readonly entities: readonly { readonly key: string }[]
      readonly next?: string
    }
    for (const { key } of entities) keys.add(key)
    if (more === undefined) return keys
    next = encodeURIComponent(more)
  }
}

async function problemsOf(shop: RunningShop): Promise<unknown> {
  return (await (await fetch(`${shop.url}/admin/check`)).json()) as unknown
}

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'after %s with commands in flight, everything that was acknowledged is there, again and again',
  async (signal) => {
    const cwd = shopDirectory()
    const acknowledged = new Set<string>()
    let sawOpen = 0
    for (let round = 0; round < 4; round++) {
      const shop = await runningShop(cwd)
      const found = await keysOf(shop)
      for (const key of acknowledged) expect(found).toContain(key)
      expect(await problemsOf(shop)).toEqual({
        healthy: true,
        services: [{ service: 'sales', problems: [] }]
      })
      const sent = load(shop, `r${round}`)
      await expect.poll(() => sent.acknowledged.size, { timeout: 60_000, interval: 5 }).toBeGreaterThan(200)
      sawOpen += sent.open.size
      const { code, errors } = await shop.stop(signal)
      expect({ code, errors }).toEqual({ code: signal === 'SIGTERM' ? 0 : null, errors: '' })
      await sent.end()
      for (const key of sent.acknowledged) acknowledged.add(key)
    }
    expect(sawOpen).toBeGreaterThan(clients)
    const found = await keysOf(await runningShop(cwd))
    expect(acknowledged.size).toBeGreaterThan(800)
    expect([...acknowledged].filter((key) => !found.has(key))).toEqual([])
  }
)
