import { type Clock, Complaints, type Log } from '../ports/index.ts'

/** How far a partition of a log was taken. */
export interface Taken {
  readonly partition: number
  readonly position: number
}

/** A partition of which more was taken than its log has. */
export interface Beyond extends Taken {
  readonly head: number
}

/** Where more was taken than logs with these heads have, the furthest first. Heads are to be asked for afterwards. */
export function beyondHeads(taken: readonly Taken[], heads: readonly number[]): readonly Beyond[] {
  return taken
    .map(({ partition, position }) => ({ partition, position, head: heads[partition] ?? 0 }))
    .filter(({ position, head }) => position > head)
    .sort((left, right) => right.position - right.head - (left.position - left.head))
}

/** How it comes that a log lacks what was taken of it. */
export function whyOlder(source: string): string {
  return `${source} was put back to an older copy, or runs on other data than before`
}

/** Tells of logs that lack what was taken of them, once a minute as long as it is met. */
export function olderLogs(service: string, clock: Clock, log: Log): (source: string, beyond: Beyond) => void {
  const complaints = new Complaints(clock, log)
  return (source, { partition, position, head }) =>
    complaints.tell('error', `${source} is older than what was taken of it; nothing more of it is taken`, {
      service,
      source,
      failure: `${service} has taken ${source}:${partition}:${position}, but that log ends at ${head} or says something else there: ${whyOlder(source)}. Stop the system, give ${source} its data, or put ${service} back to the time of that copy, too, and start it again.`
    })
}
