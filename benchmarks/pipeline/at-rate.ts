/**
 * Calls `send` for each of so many orders at the time at which it is due, which it is given, whatever becomes of the
 * earlier ones. Resolves when what it returned has for each of them, to when each was due on the clock of `performance`;
 * fails as soon as one does.
 */
export async function atRate(
  perS: number,
  count: number,
  send: (index: number, dueMs: number) => Promise<unknown>
): Promise<(index: number) => number> {
  const startMs = performance.now() + 100
  const dueMs = (index: number): number => startMs + (index * 1_000) / perS
  await new Promise<void>((resolve, reject) => {
    let [next, over] = [0, 0]
    const isOver = (): void => {
      over += 1
      if (over === count) resolve()
    }
    const sendDue = (): void => {
      for (; next < count && dueMs(next) <= performance.now(); next++)
        send(next, dueMs(next)).then(isOver, reject)
      if (next < count) setTimeout(sendDue, Math.max(0, dueMs(next) - performance.now()))
    }
    sendDue()
  })
  return dueMs
}
