import { system } from 'skerry'
import { defineConfig } from 'skerry/config'
import { startSandboxBank } from './bank/sandbox-bank.ts'
import { hire } from './hire.ts'
import { bankAt } from './payments/bank.ts'
import { workshopService } from './workshop/service.ts'

export default defineConfig(async () => {
  const bank = await startSandboxBank()
  const { name, services } = hire(bankAt(bank.url))
  return {
    system: system(name, [...services.values(), workshopService]),
    companions: [{ name: 'bank', url: bank.url }],
    stop: () => bank.close()
  }
})
