/** The broker that leads a partition, below zero when there is none, and those that keep it. */
export interface KafkaPartitionMetadata {
  readonly leader: number
  readonly replicas: readonly number[]
}

/** What a client knows of the cluster. */
export interface KafkaMetadata {
  readonly topics: ReadonlyMap<
    string,
    { readonly id: string; readonly partitions: readonly KafkaPartitionMetadata[] }
  >
}

/** What each client must be able to do. */
export interface KafkaClient {
  metadata(options: { topics: string[]; forceUpdate: boolean }): Promise<KafkaMetadata>
}

/** A message as it is sent; key, value and headers are bytes. */
export interface KafkaMessage {
  readonly topic: string
  readonly partition: number
  readonly key: Buffer
  readonly value?: Buffer
  readonly headers: Map<Buffer, Buffer>
}

/** What is needed of a producer: `new Producer(...)` of `@platformatic/kafka` without serializers fits. */
export interface KafkaProducer extends KafkaClient {
  send(options: { messages: KafkaMessage[]; acks: number }): Promise<unknown>
}

/** What is needed of an administrator: `new Admin(...)` of `@platformatic/kafka` fits. */
export interface KafkaAdmin extends KafkaClient {
  createTopics(options: {
    topics: string[]
    partitions: number
    replicas: number
    configs: { name: string; value: string }[]
  }): Promise<unknown>
  describeConfigs(options: {
    resources: { resourceType: 2; resourceName: string; configurationKeys: string[] }[]
  }): Promise<
    readonly {
      readonly configs: readonly { readonly name: string; readonly value?: string | null | undefined }[]
    }[]
  >
  listOffsets(options: {
    topics: { name: string; partitions: { partitionIndex: number; timestamp: bigint }[] }[]
  }): Promise<
    readonly {
      readonly partitions: readonly { readonly partitionIndex: number; readonly offset: bigint }[]
    }[]
  >
}

/** A message as it was received. */
export interface KafkaRecord {
  readonly offsetDelta: number
  readonly value: Buffer | null
  readonly headers: readonly (readonly [Buffer | null, Buffer | null])[]
}

/** What one partition has to say to a request for more. */
export interface KafkaFetchedPartition {
  readonly partitionIndex: number
  readonly errorCode: number
  readonly records?:
    | readonly {
        readonly firstOffset: bigint
        readonly lastOffsetDelta: number
        readonly attributes: number
        readonly records: readonly KafkaRecord[]
      }[]
    | null
}

/** The answer to a request for more. */
export interface KafkaFetched {
  readonly errorCode: number
  readonly responses: readonly {
    readonly topicId: string
    readonly partitions: readonly KafkaFetchedPartition[]
  }[]
}

/** From where on more is wanted. */
export interface KafkaFetchTopic {
  topicId: string
  partitions: {
    partition: number
    currentLeaderEpoch: number
    fetchOffset: bigint
    lastFetchedEpoch: number
    partitionMaxBytes: number
  }[]
}

/** What is needed of a consumer: `new Consumer(...)` of `@platformatic/kafka` fits. It joins no group. */
export interface KafkaConsumer extends KafkaClient {
  fetch(options: {
    node: number
    topics: KafkaFetchTopic[]
    maxWaitTime: number
    minBytes: number
    maxBytes: number
  }): Promise<KafkaFetched>
}
