import { system } from 'skerry'
import { defineConfig } from 'skerry/config'
import { boardService } from './board.ts'
import { fleetService } from './fleet.ts'
import { repairsService } from './repairs.ts'

export default defineConfig({ system: system('hire', [fleetService, repairsService, boardService]) })
