/** How long to wait before the next attempt: exponential with full jitter, at most `maxMs`, and for the first attempt `baseMs`. */
export function retryDelayMs(attempts: number, baseMs: number, maxMs: number, random: number): number {
  const ceiling = Math.min(maxMs, baseMs * 2 ** Math.min(attempts - 1, 30))
  return Math.max(1, Math.ceil(random * ceiling))
}
