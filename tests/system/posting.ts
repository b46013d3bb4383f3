import type { BankOptions } from '../runtime/bank.ts'
import { difficult } from './start-bank.ts'

/** Posts as a difficult post does, and has it taken down; some notices are posted though the answer is lost. */
export function posting(takenDown: (line: string) => void): NonNullable<BankOptions['post']> {
  return async (text, context) => {
    const answer = await difficult.post?.(text, context)
    if (answer === undefined) throw new Error('There is no post.')
    const { meta, attempt, idempotencyKey } = context
    takenDown(`posted ${idempotencyKey} ${meta.key}`)
    if (attempt === 1 && meta.key.endsWith('3')) throw new Error('The answer of the post was lost.')
    return answer
  }
}
