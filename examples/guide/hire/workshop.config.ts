import { system } from 'skerry'
import { defineConfig } from 'skerry/config'
import { startSandboxBank } from './bank/sandbox-bank.ts'
import { hire } from './hire.ts'
import { bankAt } from './payments/bank.ts'
import { workshopService } from './workshop/service.ts'

export default defineConfig(async ({ companion }) => {
  const { name, services } = hire(bankAt(await companion('bank', startSandboxBank)))
  return { system: system(name, [...services.values(), workshopService]) }
})
