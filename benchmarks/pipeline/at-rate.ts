/**
 * Calls `send` for each of so many orders at the time at which it is due, whatever becomes of the earlier ones. Resolves
 * when all were sent, to when each was due on the clock of `performance`.
 */
export async function atRate(
  perS: number,
  count: number,
  send: (index: number) => void
): Promise<(index: number) => number> {
  const startMs = performance.now() + 100
  const dueMs = (index: number): number => startMs + (index * 1_000) / perS
  await new Promise<void>((resolve) => {
    let next = 0
    const sendDue = (): void => {
      for (; next < count && dueMs(next) <= performance.now(); next++) send(next)
      if (next === count) resolve()
      else setTimeout(sendDue, Math.max(0, dueMs(next) - performance.now()))
    }
    sendDue()
  })
  return dueMs
}
