import type { Batch, Committed } from '../../src/ports/index.ts'

/** Calls of a store that change what it keeps beside commits. */
export type GenerationCall = 'addGeneration' | 'swapGeneration' | 'dropGeneration'

/** What a service asked of its store. */
export type Change =
  | { readonly call: 'commit'; readonly batch: Batch }
  | { readonly call: GenerationCall; readonly parameters: readonly unknown[] }

/** One line of a recorded history: what was asked, how it ended, or what became of what nobody knew the end of. */
export type Recorded =
  | { readonly what: 'asked'; readonly service: string; readonly change: Change }
  | { readonly what: 'done'; readonly service: string; readonly committed?: Committed }
  | { readonly what: 'failed'; readonly service: string; readonly code: string }
  | { readonly what: 'settled'; readonly service: string; readonly written: boolean }
