export type {
  KafkaAdmin,
  KafkaClient,
  KafkaConsumer,
  KafkaFetched,
  KafkaFetchedPartition,
  KafkaFetchTopic,
  KafkaMessage,
  KafkaMetadata,
  KafkaPartitionMetadata,
  KafkaProducer,
  KafkaRecord
} from './client.ts'
export type { KafkaCounts } from './counts.ts'
export { type KafkaBus, kafkaBus } from './kafka-bus.ts'
export type { KafkaBusOptions } from './options.ts'
export { type KafkaReadiness, kafkaReadiness } from './readiness.ts'
