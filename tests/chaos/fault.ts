import type { Campaign } from './campaign.ts'

/** Something that goes wrong with real processes and real files. */
export interface Fault {
  readonly name: string
  /** What happens, in a few words. */
  readonly story: string
  /** How often it happens in a quick run, and in a long one. */
  readonly times: { readonly quick: number; readonly long: number }
  /** A control: something acknowledged must get lost here, or the checks see nothing. */
  readonly isControl?: true
  /** What this machine lacks for it; undefined when it can happen here. */
  missing(): string | undefined
  /** Lets it happen again and again, and has everything proved after each time. */
  run(campaign: Campaign): Promise<void>
}
