import { resourceUsage } from 'node:process'

/** The most memory that this process has held so far, in millions of bytes. */
export function peakRssMb(): number {
  return Math.round((resourceUsage().maxRSS * 1_024) / 1e6)
}
