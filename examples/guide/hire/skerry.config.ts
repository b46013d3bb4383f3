import { defineConfig } from 'skerry/config'
import { startSandboxBank } from './bank/sandbox-bank.ts'
import { hire } from './hire.ts'
import { bankAt } from './payments/bank.ts'

export default defineConfig(async () => {
  const bank = await startSandboxBank()
  return {
    system: hire(bankAt(bank.url)),
    companions: [{ name: 'bank', url: bank.url }],
    stop: () => bank.close()
  }
})
