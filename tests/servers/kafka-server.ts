import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../system/child.ts'
import { kafkaJars, kafkaJarsFetched } from './kafka-jars.ts'
import { ServerProcess, startTogether } from './server-process.ts'

/** A server among those of its cluster, each a broker and a controller. */
interface Place {
  readonly node: number
  readonly port: number
  readonly controllerPort: number
}

/** How a server differs from one that lets everybody in and is reached without a detour. */
export interface KafkaServerOptions {
  /** Lines for its configuration; they prevail. */
  readonly lines?: readonly string[]
  /** A second door: where it listens, what clients that come by it are told to connect to, and whether they log in. */
  readonly door?: { readonly port: number; readonly advertised: number; readonly login?: boolean }
}

const startMaxMs = 60_000
const clusterId = 'c2tlcnJ5LXRlc3RzLTAwMQ'

const java = [
  '-Xmx256m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  '-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info'
]

/** What is missing for a server to be started; undefined when nothing is. */
export function kafkaMissing(): string | undefined {
  if (spawnSync('java', ['-version']).status !== 0)
    return 'There is no java on the PATH: apt-get install openjdk-17-jre-headless, or a newer one.'
  return kafkaJarsFetched() ? undefined : 'There are no jars of Kafka: npm run kafka:jars fetches them.'
}

function configurationOf(
  own: Place,
  all: readonly Place[],
  logs: string,
  { lines = [], door }: KafkaServerOptions
): string {
  const doors = door ? [`DOOR://127.0.0.1:${door.port}`] : []
  const advertised = door ? [`DOOR://127.0.0.1:${door.advertised}`] : []
  const protocol = door?.login ? 'SASL_PLAINTEXT' : 'PLAINTEXT'
  const voters = all.map(({ node, controllerPort }) => `${node}@127.0.0.1:${controllerPort}`)
  const copies = String(Math.min(3, all.length))
  return [
    'process.roles=broker,controller',
    `node.id=${own.node}`,
    `controller.quorum.voters=${voters.join()}`,
    `listeners=${[`PLAINTEXT://127.0.0.1:${own.port}`, `CONTROLLER://127.0.0.1:${own.controllerPort}`, ...doors].join()}`,
    `advertised.listeners=${[`PLAINTEXT://127.0.0.1:${own.port}`, ...advertised].join()}`,
    `listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,DOOR:${protocol}`,
    'controller.listener.names=CONTROLLER',
    `log.dirs=${logs}`,
    `offsets.topic.replication.factor=${copies}`,
    'offsets.topic.num.partitions=1',
    // A server that is gone is to be missed soon, and little memory has to do.
    'broker.heartbeat.interval.ms=300',
    'broker.session.timeout.ms=2000',
    'num.network.threads=2',
    'num.io.threads=2',
    'log.cleaner.dedupe.buffer.size=2097152',
    ...lines,
    ''
  ].join('\n')
}

/** A server of its own in a throwaway directory, on free ports of this machine. */
export class KafkaServer extends ServerProcess {
  readonly node: number
  readonly port: number
  readonly #configuration: string

  constructor(own: Place, all: readonly Place[], options: KafkaServerOptions) {
    super('kafka')
    this.node = own.node
    this.port = own.port
    this.#configuration = join(this.directory, 'server.properties')
    writeFileSync(this.#configuration, configurationOf(own, all, this.data, options))
    this.#format()
  }

  /** Where clients find it. */
  get address(): string {
    return `127.0.0.1:${this.port}`
  }

  /** Starts it, and resolves when it takes part in its cluster. */
  async start(): Promise<void> {
    const parameters = [...java, '-cp', join(kafkaJars(), '*'), 'kafka.Kafka', this.#configuration]
    await this.launch({
      name: 'Kafka',
      program: 'java',
      parameters,
      ready: 'Kafka Server started',
      withinMs: startMaxMs
    })
  }

  /** Deletes all that it has stored, topics and offsets; only while it does not run. */
  wipe(): void {
    this.mustRest()
    rmSync(this.data, { recursive: true, force: true })
    this.#format()
  }

  // What the tool of Kafka writes too; that takes a Java machine of its own and seconds.
  #format(): void {
    const directoryId = Buffer.from(`skerry-kafka-${String(this.node).padStart(3, '0')}`).toString(
      'base64url'
    )
    const lines = [
      'version=1',
      `cluster.id=${clusterId}`,
      `node.id=${this.node}`,
      `directory.id=${directoryId}`
    ]
    mkdirSync(this.data)
    writeFileSync(join(this.data, 'meta.properties'), `${lines.join('\n')}\n`)
  }
}

/** Starts a cluster whose servers know each other, all with the same options. */
export async function kafkaCluster(
  size: number,
  options: KafkaServerOptions = {}
): Promise<readonly KafkaServer[]> {
  const ports = new Set<number>()
  while (ports.size < 2 * size) ports.add(await freePort())
  const [...free] = ports
  const places = Array.from({ length: size }, (_, index) => ({
    node: index + 1,
    port: free[index] as number,
    controllerPort: free[size + index] as number
  }))
  return startTogether(places.map((own) => new KafkaServer(own, places, options)))
}

/** Starts a server alone. */
export async function kafkaServer(options: KafkaServerOptions = {}): Promise<KafkaServer> {
  const [server] = (await kafkaCluster(1, options)) as [KafkaServer]
  return server
}
