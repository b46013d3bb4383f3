import { defineConfig } from 'skerry/config'
import { startSandboxBank } from './bank/sandbox-bank.ts'
import { hire } from './hire.ts'
import { bankAt } from './payments/bank.ts'

export default defineConfig(async ({ companion }) => ({
  system: hire(bankAt(await companion('bank', startSandboxBank)))
}))
