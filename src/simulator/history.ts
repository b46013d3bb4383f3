/** Something that happened in a world and that a person would tell of. */
export type Episode =
  | {
      readonly kind: 'command' | 'answer'
      readonly service: string
      readonly text: string
      readonly atMs: number
    }
  | {
      readonly kind: 'said'
      readonly service: string
      readonly to: string | undefined
      readonly text: string
      readonly atMs: number
    }
  | {
      readonly kind: 'heard'
      readonly service: string
      readonly from: string
      readonly text: string
      readonly atMs: number
    }
  | { readonly kind: 'node' | 'fault'; readonly node: string; readonly text: string; readonly atMs: number }

/** What happened, in order; kept only where somebody will read it. */
export type History = Episode[]
