import { unanswered } from './client.ts'
import { FoundProblem } from './finding.ts'
import { epochMs } from './host-clock.ts'
import { checkAtRest } from './oracles.ts'
import { randomStream } from './random.ts'
import { calmStepMs, Rest } from './rest.ts'
import type { SimulatedWorld } from './simulated-world.ts'
import { Weather } from './weather.ts'
import { eternal } from './world.ts'

/** The shortest time of faults, and how much longer they go on while clients wait for answers. */
const chaosMs = 2_000
const chaosMoreMs = 5_000
/** How long nodes without faults may take to start, and to answer while one of them is cut off. */
const startMs = 600_000
const answerMs = 30_000

/** Commands of a calm world: enough to meet each other, few enough to be run twice. */
const calmCommandsMax = 25

/** After this nodes that were down are up, requests that nobody answered are over, and everybody has asked once more. */
const knownMs = 10_000

const never = (): boolean => false

function heal<Outside>({ world, faults, network, nodes }: SimulatedWorld<Outside>): void {
  faults.active = false
  network.heal()
  world.after(knownMs, eternal, 'nothing is lost any more', () => {
    network.lossless = true
  })
  // Forwards: what a node made due by a clock that was ahead would else wait as long.
  const aheadMs = Math.max(0, ...nodes.map(({ wall }) => wall.aheadMs))
  for (const { wall, life } of nodes) {
    wall.aheadMs = aheadMs
    life.pausedUntilMs = 0
  }
}

function lastMsOf<Outside>({ commands }: SimulatedWorld<Outside>): number {
  return Math.max(0, ...commands.map(({ command }) => command.atMs ?? 0))
}

/** Faults, healing, and everything that must hold when the world has come to rest. */
export async function liveThroughChaos<Outside>(simulated: SimulatedWorld<Outside>): Promise<void> {
  const { world, clients, nodes, commands } = simulated
  for (const node of nodes) node.start()
  clients.begin(commands)
  const weather = new Weather(simulated, randomStream(simulated.seed, 'weather'), simulated.next())
  weather.begin()
  const lastMs = Math.max(chaosMs, lastMsOf(simulated))
  await world.run(lastMs, never)
  await world.run(lastMs + chaosMoreMs, () => clients.open === 0)
  weather.end()
  heal(simulated)
  const rest = new Rest(simulated)
  await rest.come()
  await rest.outlive()
  checkAtRest(simulated)
  await rest.checkRebuilds()
  simulated.checkInvariants('at rest')
}

async function startCalmly<Outside>({ world, nodes }: SimulatedWorld<Outside>): Promise<void> {
  for (const node of nodes) {
    node.wall.stillMs = epochMs
    node.start()
  }
  await world.run(startMs, () => nodes.every(({ running }) => running !== undefined))
}

/** One command after the other, each with all its effects, while the clocks stand still. */
export async function liveCalmly<Outside>(simulated: SimulatedWorld<Outside>): Promise<void> {
  const { clients, commands } = simulated
  await startCalmly(simulated)
  const rest = new Rest(simulated)
  const inOrder = commands.toSorted((left, right) => (left.command.atMs ?? 0) - (right.command.atMs ?? 0))
  for (const { index, command } of inOrder.slice(0, calmCommandsMax)) {
    clients.begin([{ index, command: { ...command, atMs: 0 } }])
    await rest.come()
    await rest.pass(calmStepMs)
  }
  await rest.outlive()
  checkAtRest(simulated)
  simulated.checkInvariants('at rest')
}

/** Everybody else must go on answering commands, whether or not the one that is cut off can be heard. */
export async function liveCutOff<Outside>(
  simulated: SimulatedWorld<Outside>,
  service: string
): Promise<void> {
  const { world, network, clients, commands } = simulated
  await startCalmly(simulated)
  network.cut(service, '*', Number.POSITIVE_INFINITY)
  network.cut('*', service, Number.POSITIVE_INFINITY)
  clients.begin(commands.filter(({ command }) => command.service !== service))
  const untilMs = world.nowMs + lastMsOf(simulated) + answerMs
  if (await world.run(untilMs, () => clients.open === 0)) return
  const waiting = clients.sent.find(({ end, sent }) => !end && sent > 0)
  const what = waiting ? unanswered(waiting) : 'a command is not answered'
  throw new FoundProblem('answers-alone', `While ${service} is cut off, ${what}.`)
}
