import type { BankProcess } from '../system/bank-process.ts'
import type { Campaign } from './campaign.ts'
import { Lives } from './proving.ts'

/** A bank behind its gateway. */
export interface ServedBank {
  readonly url: string
  readonly lives: Lives
  readonly bank: BankProcess
}

/** Starts a bank behind a gateway on a free port. */
export async function servedBank(campaign: Campaign): Promise<ServedBank> {
  const lives = new Lives(campaign, campaign.grounds.directory())
  const { name, details } = lives.next()
  const bank = campaign.grounds.bank()
  await bank.begin(lives.directory, name, 'serve', details)
  await bank.until(() => bank.said('serves') !== undefined)
  const url = bank.said('serves')?.split(' ')[1]
  if (url === undefined) throw new Error(`The bank does not serve: ${bank.broken ?? bank.complaints}`)
  return { url, lives, bank }
}

/** Kills it under the load that is on it, and has it proved. */
export async function endServed(campaign: Campaign, served: ServedBank, after: string): Promise<void> {
  const { lives, bank } = served
  if (!bank.alive) campaign.violated(`${after}: it has not borne it: ${bank.broken ?? bank.complaints}`)
  bank.signal('SIGKILL')
  await bank.ended
  for (const error of bank.allSaid('error')) campaign.violated(`${after}: ${error}`)
  lives.add(bank)
  campaign.acknowledged(lives.ledger.acks.length)
  await lives.prove(true, after)
  lives.remove()
}
