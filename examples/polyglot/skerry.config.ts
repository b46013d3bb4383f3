import { system } from 'skerry'
import { defineConfig } from 'skerry/config'
import { fleetService } from '../guide/hire/fleet/service.ts'
import { inspectionsService } from './inspections.ts'
import { workshopService } from './workshop.ts'

export default defineConfig(({ env }) => ({
  system: system('bikes', [fleetService, workshopService, inspectionsService]),
  profiles: {
    nats: { bus: { kind: 'nats', servers: (env['NATS_URL'] ?? 'nats://127.0.0.1:4222').split(',') } }
  }
}))
