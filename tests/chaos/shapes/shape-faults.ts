import type { Campaign } from '../campaign.ts'
import { between, inPercent } from '../chance.ts'
import type { Fault } from '../fault.ts'
import { firstOf } from '../machine.ts'
import { startServers } from './bank-servers.ts'
import { DeployedBank } from './deployed-bank.ts'
import type { Shape } from './shape.ts'
import type { Strike } from './strike.ts'
import { strikesOfBrokers } from './strikes-of-brokers.ts'
import { strikesOfLines } from './strikes-of-lines.ts'
import { strikesOfPostgres } from './strikes-of-postgres.ts'
import { strikesOfServices } from './strikes-of-services.ts'

/** How often one bank is struck until it is proved, and a new one takes its place. */
const strikesOfABank = 10

/** Everything that can happen to a bank whose services are processes. */
export const strikes: readonly Strike[] = [
  ...strikesOfServices,
  ...strikesOfPostgres,
  ...strikesOfBrokers,
  ...strikesOfLines
]

/** Strikes one bank after the other, and has each proved at its end. */
async function runStrikes(
  campaign: Campaign,
  shape: Shape,
  choose: (number: number) => Strike
): Promise<void> {
  const servers = await startServers(campaign.grounds, shape)
  let banks = 0
  let struck = 0
  let bank: DeployedBank | undefined
  const prove = async (after: string): Promise<void> => {
    const proved = bank
    bank = undefined
    struck = 0
    await proved?.prove(after, inPercent(50) ? 'SIGKILL' : 'SIGTERM')
  }
  await campaign.lanes(1, async (_, number) => {
    const { name, strike } = choose(number)
    banks += bank ? 0 : 1
    bank ??= await DeployedBank.start(campaign, servers, `bank${banks}`)
    await bank.busy(between(5, 60))
    if (await strike(bank)) campaign.fired()
    campaign.recovered(await bank.probe(), name)
    struck += 1
    if (struck === strikesOfABank) await prove(name)
  })
  await prove('at the end')
}

/** The data are put back to an older copy behind the back of the services: much must be missing. */
async function loseCommands(campaign: Campaign, shape: Shape): Promise<void> {
  const servers = await startServers(campaign.grounds, shape)
  await campaign.lanes(1, async (_, number) => {
    const bank = await DeployedBank.start(campaign, servers, `bank${number}`)
    await bank.busy(50)
    await bank.still(() => bank.room.save())
    await bank.probe()
    await bank.busy(50)
    await bank.leave('SIGKILL')
    await bank.room.restore()
    campaign.fired()
    if ((await bank.problems()).length > 0) campaign.lost()
  })
}

/** All of them, in an order that chance decides. */
function shuffled(all: readonly Strike[]): readonly Strike[] {
  return all
    .map((strike) => ({ strike, place: Math.random() }))
    .sort((one, other) => one.place - other.place)
    .map(({ strike }) => strike)
}

/** What can happen in a shape. */
export function strikesOf(shape: Shape): readonly Strike[] {
  return strikes.filter(({ needs }) => needs === undefined || shape[needs] !== undefined)
}

/** The faults of a shape: each of its strikes, and all of them mixed. */
export function shapeFaults(shape: Shape): readonly Fault[] {
  const servers = [shape.database, shape.broker].filter((server) => server !== undefined)
  const base = {
    shape: shape.name,
    servers: servers.map(({ name }) => name),
    missing: () => firstOf(...servers.map((server) => server.missing))
  }
  const possible = strikesOf(shape)
  const one = (strike: Strike): Fault => ({
    ...base,
    name: `${shape.name}:${strike.name}`,
    story: strike.story,
    times: { quick: 0, long: 30 },
    run: (campaign) => runStrikes(campaign, shape, () => strike)
  })
  const quick = possible.filter((strike) => strike.quick)
  const mixed: Fault = {
    ...base,
    name: `${shape.name}:mixed`,
    story: 'all of them, one after the other, to one bank',
    times: { quick: shape.slow ? 0 : quick.length, long: 100 },
    quickMs: 20_000,
    run: (campaign) => {
      const order = shuffled(campaign.times <= quick.length ? quick : possible)
      return runStrikes(campaign, shape, (number) => order[number % order.length] ?? (possible[0] as Strike))
    }
  }
  const control: Fault = {
    ...base,
    name: `${shape.name}:control-older-data`,
    story: 'the data are put back to an older copy. Something must be lost',
    times: { quick: 0, long: 3 },
    isControl: true,
    run: (campaign) => loseCommands(campaign, shape)
  }
  return [...possible.map(one), mixed, control]
}
