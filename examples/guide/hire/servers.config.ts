import type { Profiles } from 'skerry/config'
import { defineConfig } from 'skerry/config'
import { startSandboxBank } from './bank/sandbox-bank.ts'
import { hire } from './hire.ts'
import { bankAt } from './payments/bank.ts'

// #region profiles
type Env = Readonly<Record<string, string | undefined>>

function profilesOf(env: Env): Profiles {
  const { DATABASE = '127.0.0.1:5432/hire', DATABASE_PASSWORD = '', NATS = '127.0.0.1:4222' } = env
  const password = encodeURIComponent(DATABASE_PASSWORD)
  const postgres = (service: string) =>
    ({ kind: 'postgres', url: `postgres://${service}:${password}@${DATABASE}` }) as const
  const nats = { kind: 'nats', servers: `nats://${NATS}` } as const
  return {
    // Rides goes first; the others stay in their files.
    first: { store: (service) => (service === 'rides' ? postgres(service) : { kind: 'sqlite' }) },
    servers: { store: postgres, bus: nats, discovery: () => nats, instances: { rides: 2 } }
  }
}
// #endregion

// #region config
export default defineConfig(async ({ companion, env }) => ({
  system: hire(bankAt(await companion('bank', startSandboxBank))),
  profiles: profilesOf(env)
}))
// #endregion
