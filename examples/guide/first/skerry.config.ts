import { service, system } from 'skerry'
import { defineConfig } from 'skerry/config'
import { bike } from './bike.ts'
import { bikes } from './bikes.ts'
import { fleet } from './contract.ts'

export default defineConfig({ system: system('hire', [service(fleet, [bike, bikes])]) })
