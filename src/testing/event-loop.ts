// This module compiles without the platform's types; it needs one function of it, taken once so that faked timers
// do not reach it.
const { setImmediate: inNextTurn } = globalThis as unknown as { setImmediate(task: () => void): unknown }

/** Runs `task` in the next turn of the event loop. */
export function afterTurn(task: () => void): void {
  inNextTurn(task)
}

/** Resolves when the event loop has turned so often. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise<void>((resolve) => afterTurn(resolve))
}
