import type { SystemDefinition } from '../core/index.ts'
import type { HomeOptions } from '../gateway/index.ts'
import type { Log } from '../ports/index.ts'
import type { RunningSystem } from '../runtime/index.ts'
import type { StartCompanion } from './companions.ts'
import type { Profiles } from './profile.ts'

/** What `skerry run` knows before the system exists. */
export interface ConfigSetting {
  /** The absolute path of the directory that this system keeps its data in. It exists, and no other run uses it. */
  readonly dataDirectory: string
  /** The environment variables. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Where the run itself writes its log. */
  readonly log: Log
  /**
   * Starts something that the system needs beside it, such as a sandbox of somebody else's server, and gives its
   * address. It runs once, however many processes the run has; it is shown to whoever starts the run, and closed when
   * the system has stopped.
   */
  readonly companion: StartCompanion
}

/** What `skerry run` runs. */
export interface Config {
  readonly system: SystemDefinition
  /** What the page at `/` shows; its sample command is also what `skerry run` proposes to try. */
  readonly home?: HomeOptions
  /**
   * Other places to run in, by name: databases, a broker. `--profile` or SKERRY_PROFILE chooses one; without it services
   * keep their data in files and hear each other by their feeds.
   */
  readonly profiles?: Profiles
  /**
   * Called with the system once it runs, in the process where the run begins. A start that was killed calls it again at
   * the next: what it sends carries an idempotency key.
   */
  readonly started?: (running: RunningSystem) => void | Promise<void>
  /** Called once in each process, when its services have stopped: what the config began ends here. A kill -9 leaves it out. */
  readonly stop?: () => Promise<void>
}

/** A config, or a function that makes one: it is called once in each process of a run, before the stores are opened. */
export type ConfigSource = Config | ((setting: ConfigSetting) => Config | Promise<Config>)

/**
 * The default export of `skerry.config.ts`. It gives back what it is given; it is there for the types. With a function,
 * a config may start what the system needs, such as a sandbox of somebody else's server, and stop it again.
 */
export function defineConfig<Source extends ConfigSource>(config: Source): Source {
  return config
}

export type { RunningCompanion, StartCompanion } from './companions.ts'
export type {
  AddressesPlace,
  BoardPlace,
  BusPlace,
  DiscoveryPlace,
  FeedsPlace,
  KafkaPlace,
  NatsBoardPlace,
  NatsPlace,
  PostgresBoardPlace,
  PostgresPlace,
  Profile,
  Profiles,
  SqlitePlace,
  StorePlace
} from './profile.ts'
