import { type KafkaServer, kafkaMissing, kafkaServer } from '../../tests/servers/kafka-server.ts'
import { type NatsServer, natsMissing, natsServer } from '../../tests/servers/nats-server.ts'
import { postgresMissing } from '../../tests/servers/postgres-binaries.ts'
import { byDefault, PostgresServer } from '../../tests/servers/postgres-server.ts'
import type { Shape } from '../plan.ts'
import type { PipelinePlace } from './place.ts'
import { pidsOf } from './server-use.ts'

/** The servers of a shape, on this machine, started for the benchmark. */
export class Servers {
  readonly #shape: Shape
  readonly #postgres: PostgresServer | undefined
  readonly #nats: NatsServer | undefined
  readonly #kafka: KafkaServer | undefined
  #places = 0

  private constructor(shape: Shape, postgres?: PostgresServer, nats?: NatsServer, kafka?: KafkaServer) {
    this.#shape = shape
    this.#postgres = postgres
    this.#nats = nats
    this.#kafka = kafka
  }

  /** Starts those that the shape needs; fails, saying what to install, when one is missing. */
  static async start(shape: Shape): Promise<Servers> {
    const missing =
      (shape.store === 'postgres' ? postgresMissing() : undefined) ??
      (shape.bus === 'nats' ? natsMissing() : undefined) ??
      (shape.bus === 'kafka' ? kafkaMissing() : undefined)
    if (missing !== undefined) throw new Error(missing)
    return new Servers(
      shape,
      shape.store === 'postgres' ? await PostgresServer.start(byDefault) : undefined,
      shape.bus === 'nats' ? await natsServer() : undefined,
      shape.bus === 'kafka' ? await kafkaServer() : undefined
    )
  }

  /** A place of its own for one run: an empty database, on a server that has nothing left to do for the one before. */
  async place(): Promise<PipelinePlace> {
    const former = `run_${this.#places}`
    this.#places += 1
    const run = `run_${this.#places}`
    const brokers = {
      servers: pidsOf({ postgres: this.#postgres?.pid, nats: this.#nats?.pid, kafka: this.#kafka?.pid }),
      ...(this.#nats && { natsUrl: this.#nats.url }),
      ...(this.#kafka && { kafka: { address: this.#kafka.address, prefix: run } })
    }
    if (!this.#postgres) return { ...this.#shape, ...brokers }
    await this.#postgres.admin(
      'postgres',
      `DROP DATABASE IF EXISTS ${former} WITH (FORCE)`,
      `CREATE DATABASE ${run}`,
      'CHECKPOINT'
    )
    return { ...this.#shape, ...brokers, postgres: { port: this.#postgres.port, database: run } }
  }

  async remove(): Promise<void> {
    await this.#postgres?.remove()
    await this.#nats?.remove()
    await this.#kafka?.remove()
  }
}
