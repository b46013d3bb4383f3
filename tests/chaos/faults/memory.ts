import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Fault } from '../fault.ts'
import type { Grounds } from '../grounds.ts'
import { firstOf, noRoot } from '../machine.ts'
import { Lives } from '../proving.ts'

const heapMegabytes = 160

/** More commands than a small heap can hold: they are refused before they are accepted. */
export const smallHeap: Fault = {
  name: 'small-heap',
  story: `a flood of commands to a bank with a heap of ${heapMegabytes} MB`,
  times: { quick: 1, long: 10 },
  missing: () => undefined,
  run: (campaign) =>
    campaign.lanes(1, async () => {
      const lives = new Lives(campaign, campaign.grounds.directory())
      const { name, details } = lives.next(false)
      const bank = campaign.grounds.bank({ NODE_OPTIONS: `--max-old-space-size=${heapMegabytes}` })
      await bank.begin(lives.directory, name, 'flood', details)
      const { code, signal } = await bank.ended
      if (code !== 0) campaign.violated(`It has not borne the flood: ${code ?? signal} ${bank.complaints}`)
      if (Number(bank.said('refused')?.split(' ')[1]) > 0) campaign.fired()
      lives.add(bank)
      await lives.prove(false, 'after a flood', false)
      lives.remove()
    })
}

/** Groups of processes whose memory the kernel bounds, in the older and in the newer way. */
const ways = [
  { parent: '/sys/fs/cgroup/memory', limit: 'memory.limit_in_bytes', events: 'memory.oom_control' },
  { parent: '/sys/fs/cgroup', limit: 'memory.max', events: 'memory.events' }
]

const way = ways.find(({ parent, events }) =>
  events === 'memory.events'
    ? existsSync(join(parent, 'cgroup.controllers')) &&
      readFileSync(join(parent, 'cgroup.subtree_control'), 'utf8').includes('memory')
    : existsSync(join(parent, events))
)

/** A group of processes with so much memory. */
interface MemoryGroup {
  add(pid: number): void
  /** How often the kernel has killed somebody in it; undefined when it does not say. */
  kills(): number
}

function memoryGroup(grounds: Grounds, bytes: number): MemoryGroup {
  if (!way) throw new Error('There are no groups with bounded memory.')
  const directory = join(way.parent, `skerry-chaos-${process.pid}-${Math.random().toString(36).slice(2)}`)
  mkdirSync(directory)
  grounds.defer(async () => {
    // The kernel lets go of a group a moment after its last process has ended.
    for (let tries = 0; ; tries++)
      try {
        return rmdirSync(directory)
      } catch (thrown) {
        if (tries >= 50) throw thrown
        await pause(20)
      }
  })
  writeFileSync(join(directory, way.limit), String(bytes))
  return {
    add: (pid) => writeFileSync(join(directory, 'cgroup.procs'), String(pid)),
    kills: () => Number(/oom_kill (\d+)/.exec(readFileSync(join(directory, way.events), 'utf8'))?.[1] ?? 0)
  }
}

/** The kernel kills a process that takes more memory than it may. */
export const outOfMemory: Fault = {
  name: 'out-of-memory',
  story: 'the kernel kills a bank that is flooded, for its memory',
  times: { quick: 2, long: 30 },
  missing: () => firstOf(noRoot, () => (way ? undefined : 'there are no memory cgroups here')),
  run: (campaign) =>
    campaign.lanes(1, async () => {
      const { grounds } = campaign
      const lives = new Lives(campaign, grounds.directory())
      const { name, details } = lives.next(false)
      const group = memoryGroup(grounds, 120 * 1_048_576)
      const bank = grounds.bank({})
      await bank.until(() => bank.has('ready'))
      group.add(bank.pid)
      await bank.begin(lives.directory, name, 'flood', details)
      const { signal } = await bank.ended
      if (signal === 'SIGKILL' && group.kills() > 0) campaign.fired()
      lives.add(bank)
      await lives.prove(true, 'killed for its memory', false)
      lives.remove()
    })
}
