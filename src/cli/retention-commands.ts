import type { Command, OptionRule } from './command.ts'
import { shared } from './options.ts'

const where: Readonly<Record<string, OptionRule>> = {
  config: shared.config,
  profile: { value: 'NAME', text: 'where its data are; else SKERRY_PROFILE, else files' },
  by: shared.by,
  json: shared.json
}

const archive: Command = {
  name: 'archive',
  summary: 'take old ranges of a log to files, or put them back',
  words: 'SERVICE',
  wordsLeast: 1,
  wordsMost: 1,
  notes: [
    'For services on PostgreSQL, which keep their log in ranges of positions. Shows what would leave,',
    'the oldest first, up to what somebody still needs; --yes does it. A range is written to a file,',
    'read back and compared before it leaves the log, in one transaction in which everybody who reads',
    'the log is looked at once more. The service may run. Where it is interrupted, the same command',
    'goes on. What was archived is needed for rebuilds and for new subscribers: put it back then.'
  ],
  options: {
    to: { value: 'DIR', text: 'where the files are written' },
    before: { value: 'DATE', text: 'only ranges that were full before it, such as 2026-01-31' },
    restore: { value: 'DIR', text: 'put back all that was archived, from the files there' },
    yes: { text: 'do it' },
    ...where
  },
  examples: [
    { line: 'skerry archive sales --profile postgres --to archive', text: 'what would leave' },
    { line: 'skerry archive sales --profile postgres --to archive --yes', text: 'and now it leaves' },
    { line: 'skerry archive sales --profile postgres --restore archive --yes', text: 'all of it comes back' }
  ],
  run: async (call) => (await import('./archive.ts')).archive(call)
}

const subscribers: Command = {
  name: 'subscribers',
  summary: 'show who reads the log of a service, and remove who is gone for good',
  words: 'SERVICE',
  wordsLeast: 1,
  wordsMost: 1,
  notes: [
    'For services on PostgreSQL. Of a log nothing is archived that somebody who is known has not',
    'committed. Services say every ten seconds how far they are; whoever is gone for good must be',
    'removed by name. Without --yes it is only shown what that would release.'
  ],
  options: {
    remove: { value: 'NAME', text: 'forget it: it holds nothing back any more' },
    yes: { text: 'do it' },
    ...where
  },
  examples: [
    { line: 'skerry subscribers sales --profile postgres', text: 'everybody, and how far behind' },
    { line: 'skerry subscribers sales --profile postgres --remove old-report', text: 'what would be free' }
  ],
  run: async (call) => (await import('./subscribers.ts')).subscribers(call)
}

/** What can be done about logs that grow. */
export const retentionCommands: readonly Command[] = [archive, subscribers]
