import { join } from 'node:path'
import { sqliteCopy } from '../adapters/sqlite/index.ts'
import type { RunningSystem } from '../runtime/index.ts'
import type { ChosenProfile } from './profile.ts'

/** A service that begins with nothing, though a file has what it said in another profile. */
export interface LeftInFile {
  readonly service: string
  readonly file: string
  readonly events: number
}

const sum = (heads: readonly number[]): number => heads.reduce((all, head) => all + head, 0)

async function eventsIn(service: string, file: string): Promise<number> {
  const copy = sqliteCopy({ service, file })
  try {
    return (await copy.mark()).kind === 'store' ? sum(await copy.heads()) : 0
  } catch {
    // What is not to be read is nothing that this run could have begun with.
    return 0
  } finally {
    await copy.close()
  }
}

/** The services of a run that begin with nothing, though the data directory has a file with data of them. */
export async function leftInFiles(
  running: RunningSystem,
  { storeOf }: ChosenProfile,
  directory: string
): Promise<readonly LeftInFile[]> {
  const left: LeftInFile[] = []
  for (const [service, { feed }] of running.services) {
    if (storeOf(service).kind === 'sqlite') continue
    const file = join(directory, `${service}.db`)
    const events = await eventsIn(service, file)
    if (events === 0) continue
    const heads = await feed.heads().catch(() => undefined)
    if (heads && sum(heads) === 0) left.push({ service, file, events })
  }
  return left
}
