import type { Campaign } from './campaign.ts'

/** The shape of a system that is one process, on files. */
export const oneProcess = 'process'

/** Something that goes wrong with real processes, real files, real servers and what is between them. */
export interface Fault {
  readonly name: string
  /** What happens, in a few words. */
  readonly story: string
  /** The shape of the system that it happens to; default `oneProcess`. */
  readonly shape?: string
  /** The servers that it needs, by the names that SKERRY_REQUIRE knows: where it has all of them, it fails to skip it. */
  readonly servers?: readonly string[]
  /** How often it happens in a quick run, 0 for not at all, and in a long one. */
  readonly times: { readonly quick: number; readonly long: number }
  /** In a quick run no repetition begins later than this. Default 12,000. */
  readonly quickMs?: number
  /** A control: something acknowledged must get lost here, or the checks see nothing. */
  readonly isControl?: true
  /** What this machine lacks for it; undefined when it can happen here. */
  missing(): string | undefined
  /** Lets it happen again and again, and has everything proved after each time. */
  run(campaign: Campaign): Promise<void>
}
