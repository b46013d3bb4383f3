import { type KafkaBusOptions, settingsOf, topicOf } from './options.ts'
import { failureOf, hasTopic } from './topics.ts'

/** What opening a bus would find. */
export interface KafkaReadiness {
  /** The topics of `services` that are not there yet, which opening would make. */
  readonly missing: readonly string[]
}

/**
 * Looks whether `kafkaBus` could be opened so, and changes nothing: topics that are not there are not made, and what is
 * given is not closed. Fails as `kafkaBus` does; that the brokers would refuse to make a topic is not known before.
 */
export async function kafkaReadiness(options: KafkaBusOptions): Promise<KafkaReadiness> {
  const settings = settingsOf(options)
  // Also without services it is to be known whether the brokers answer.
  await settings.admin.metadata({ topics: [], forceUpdate: true }).catch((error: unknown) => {
    throw failureOf(error, settings.prefix)
  })
  const missing: string[] = []
  for (const service of settings.services)
    if (!(await hasTopic(settings, service))) missing.push(topicOf(settings.prefix, service))
  return { missing }
}
