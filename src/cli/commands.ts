import type { Command } from './command.ts'
import { deadLetterCommands } from './dead-letter-commands.ts'
import { shared, talking } from './options.ts'
import { retentionCommands } from './retention-commands.ts'

const run: Command = {
  name: 'run',
  summary: 'run the system of skerry.config.ts, in this process or in one for each service',
  words: '[SERVICE...]',
  wordsLeast: 0,
  wordsMost: 1_000,
  notes: [
    'With names, this process runs just these services, and finds the others where SKERRY_URLS or',
    'the discovery of the profile says that they are. With --split each has a process of its own,',
    'which is started again when it ends; the address is one for all.',
    'Without a profile each service keeps its data in a file of its own. A second run on the same',
    'directory is refused. SIGINT or SIGTERM finishes what was accepted and ends with 0, a second',
    'SIGINT ends at once; neither loses anything, nor does kill -9.'
  ],
  options: {
    config: shared.config,
    data: { value: 'DIR', text: 'where the data is kept; else SKERRY_DATA, else ./.data' },
    profile: shared.profile,
    split: { text: 'a process for each service' },
    port: { value: 'PORT', text: 'else PORT, else 4000; the next free one when it is taken, any for 0' },
    host: { value: 'ADDRESS', text: 'listen there; else 127.0.0.1, which nobody else can reach' },
    advertise: {
      value: 'URL',
      text: 'what others are told; else SKERRY_ADVERTISE, else where it listens'
    },
    log: { text: 'the log to standard error; else to skerry.log or skerry-SERVICE.log in DIR' },
    'log-level': { value: 'LEVEL', text: 'debug, info, warn, error or silent; else info' },
    json: { text: 'say in one line of JSON what runs where' }
  },
  examples: [
    { line: 'skerry run', text: 'the system of this directory' },
    { line: 'skerry run --split', text: 'the same in a process for each service, on the same data' },
    { line: 'skerry run --data trial --port 0', text: 'beside it, a trial with data of its own' }
  ],
  run: async (call) => (await import('./run.ts')).run(call)
}

const inspect: Command = {
  name: 'inspect',
  summary: 'show services, their parts, entities and what led to them',
  words: '[SERVICE[/UNIT[/KEY]]]',
  wordsLeast: 0,
  wordsMost: 1,
  notes: [
    'A service that is away, or does not answer this machine, does not hide the others; then it ends',
    'with 1: not all was shown.'
  ],
  options: {
    at: { value: 'POSITION', text: 'the state as it was at a position of its log' },
    history: { text: 'what the key said, oldest first' },
    after: { value: 'KEY', text: 'entities or rows behind this key' },
    limit: { value: 'N', text: 'at most so many of them; else 50' },
    ...talking
  },
  examples: [
    { line: 'skerry inspect', text: 'every service: what it has said, what waits, what is dead' },
    { line: 'skerry inspect sales', text: 'its parts, and how far each of them has come' },
    { line: 'skerry inspect sales/order', text: 'the entities of a machine, or the rows of a projection' },
    { line: 'skerry inspect sales/order/o-1', text: 'the state of one key' },
    { line: 'skerry inspect sales/order/o-1 --history', text: 'and what led to it, with the positions' },
    { line: 'skerry inspect sales/order/o-1 --at 1', text: 'and what it was' }
  ],
  run: async (call) => (await import('./inspect.ts')).inspect(call)
}

const rebuild: Command = {
  name: 'rebuild',
  summary: 'fold a projection, or the states of a machine, anew',
  words: 'SERVICE/UNIT',
  wordsLeast: 1,
  wordsMost: 1,
  notes: [
    'A projection is folded beside the one that serves, which it replaces at once when it has',
    'caught up. A rebuild goes on after a restart.'
  ],
  options: { wait: { text: 'stay until it is done, and show how far it is' }, ...talking },
  examples: [
    { line: 'skerry rebuild sales/orders --wait', text: 'a projection' },
    { line: 'skerry rebuild sales/order', text: 'the states of a machine' }
  ],
  run: async (call) => (await import('./rebuild.ts')).rebuild(call)
}

const doctor: Command = {
  name: 'doctor',
  summary: 'check the installation, the data and the running system',
  words: '',
  wordsLeast: 0,
  wordsMost: 0,
  notes: [
    'Changes nothing. Where a system runs, it is asked to check its files, balances and states;',
    'where none runs, the database files are read. A function in the config is called only to look',
    'at a profile or at services that SKERRY_URLS names, and starts nothing beside the system then.'
  ],
  options: talking,
  examples: [
    { line: 'skerry doctor', text: 'every finding with what mends it; 1 when something is wrong' },
    { line: 'skerry doctor --json', text: 'the same for a program' }
  ],
  run: async (call) => (await import('./doctor.ts')).doctor(call)
}

const sim: Command = {
  name: 'sim',
  summary: 'run the system through simulated bad days, and make what breaks small',
  words: '',
  wordsLeast: 0,
  wordsMost: 0,
  notes: [
    'Each seed is a world of its own: nodes crash, disks fill, messages are lost and doubled,',
    'clocks jump. One seed always goes the same way. A simulation.ts beside the config says what',
    'clients send and what must hold; without one, commands are made from the contracts. Ends with',
    '1 when a promise was broken, or, from 200 seeds on, when something was never reached.'
  ],
  options: {
    config: shared.config,
    simulation: {
      value: 'FILE',
      text: 'else simulation.ts beside the config, else the config itself'
    },
    seeds: { value: 'N', text: 'how many seeds; else 1000' },
    from: { value: 'SEED', text: 'the first of them; else 1' },
    seed: { value: 'SEED', text: 'this one alone' },
    kind: { value: 'KIND', text: 'chaos, orders, twice or cut-off; else as each seed has it' },
    jobs: { value: 'N', text: 'processes; else as many as there are processors' },
    first: { text: 'stop at the first promise that is broken' },
    out: { value: 'DIR', text: 'where the tests of broken promises are written; else ./simulated' },
    json: shared.json
  },
  examples: [
    { line: 'skerry sim', text: 'a thousand bad days' },
    { line: 'skerry sim --from 1001 --first', text: 'a thousand others, or until one breaks something' },
    { line: 'skerry sim --seed 42', text: 'one again, with its diagram and a test' }
  ],
  run: async (call) => (await import('./sim.ts')).sim(call)
}

const up: Command = {
  name: 'up',
  summary: 'print a compose file with the servers that a profile needs',
  words: '',
  wordsLeast: 0,
  wordsMost: 0,
  notes: [
    'PostgreSQL gets a role and a schema for each service, with the passwords of the profile; they',
    'are made when the server starts for the first time. All of them listen on this machine only.'
  ],
  options: {
    config: shared.config,
    profile: shared.profile,
    out: { value: 'FILE', text: 'write it there; a file that is there is left as it is' }
  },
  examples: [
    { line: 'skerry up --profile nats', text: 'to look at it' },
    { line: 'skerry up --profile nats --out compose.yaml', text: 'to start it: docker compose up -d --wait' }
  ],
  run: async (call) => (await import('./up.ts')).up(call)
}

const move: Command = {
  name: 'move',
  summary: 'move the data of a service to where another profile keeps them',
  words: 'SERVICE',
  wordsLeast: 1,
  wordsMost: 1,
  notes: [
    'The log is copied while the service runs; for the rest it must be stopped, and the command says',
    'when, waits for it, and prints how long the service was away. Both sides are compared by hashes.',
    'Where it is interrupted, the same command goes on. What is left behind is marked, and no service',
    'starts on it. Positions, numbers and checkpoints stay, so no other service notices.'
  ],
  options: {
    to: { value: 'PROFILE', text: 'where to; files stands for the data directory' },
    config: shared.config,
    data: shared.data,
    profile: { value: 'NAME', text: 'where it is now; else SKERRY_PROFILE, else files' },
    json: shared.json
  },
  examples: [
    { line: 'skerry move sales --to postgres', text: 'from its file to a database' },
    { line: 'skerry move sales --profile postgres --to files', text: 'and back' }
  ],
  run: async (call) => (await import('./move.ts')).move(call)
}

/** Everything that `skerry` can do, in the order of its help. */
export const commands: readonly Command[] = [
  run,
  inspect,
  ...deadLetterCommands,
  rebuild,
  doctor,
  up,
  move,
  ...retentionCommands,
  sim
]

/** Commands of two words have their first in common; this is what it stands for. */
export const groups: ReadonlyMap<string, string> = new Map([
  ['dlq', 'list, show, edit, redrive and discard dead letters']
])
