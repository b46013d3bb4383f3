import { type NatsBusOptions, settingsOf } from './options.ts'
import { hasStream } from './stream.ts'

/** What opening a bus would find. */
export interface NatsReadiness {
  /** The streams that are not there yet, which opening would make. */
  readonly missing: readonly string[]
}

/**
 * Looks whether `natsBus` could be opened so, and changes nothing: a stream that is not there is not made, and what is
 * given is not closed. Fails as `natsBus` does; that a server would refuse to make the stream is not known before.
 */
export async function natsReadiness(options: NatsBusOptions): Promise<NatsReadiness> {
  const settings = settingsOf(options)
  return { missing: (await hasStream(settings)) ? [] : [settings.stream] }
}
