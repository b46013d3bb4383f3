import { type Clock, Complaints, type Log } from '../ports/index.ts'
import type { Beyond } from './source-tail.ts'

/** Tells of logs that lack what was taken of them, once a minute as long as it is met. */
export function olderLogs(service: string, clock: Clock, log: Log): (source: string, beyond: Beyond) => void {
  const complaints = new Complaints(clock, log)
  return (source, { partition, position, head }) =>
    complaints.tell('error', `${source} is older than what was taken of it; nothing more of it is taken`, {
      service,
      source,
      failure: `${service} has taken ${source}:${partition}:${position}, but that log ends at ${head} or says something else there: ${source} was put back to an older copy, or runs on other data than before. Stop the system, give ${source} its data, or put ${service} back to the time of that copy, too, and start it again.`
    })
}
