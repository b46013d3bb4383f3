import { type Failure, toFailure } from '../core/index.ts'
import { Call } from './call.ts'
import { readCommandLine } from './command-line.ts'
import { failureDocument, failureLines } from './failure-lines.ts'
import { silenceKnownWarning } from './known-warning.ts'
import { processTerminal, type Terminal } from './terminal.ts'
import { version } from './version.ts'

function exitCodeOf(failure: Failure): number {
  return failure.code === 'USAGE_INVALID' ? 2 : 1
}

async function perform(args: readonly string[], terminal: Terminal): Promise<number> {
  const request = readCommandLine(args)
  switch (request.kind) {
    case 'help':
      terminal.out(request.text)
      return request.exitCode
    case 'version':
      terminal.out(version())
      return 0
    case 'call': {
      const call = new Call(request.words, request.options, terminal, process.env)
      try {
        return await request.command.run(call)
      } finally {
        await call.end()
      }
    }
  }
}

/** Does what a command line asks for and gives the exit code; what fails is told on standard error. */
export async function program(args: readonly string[]): Promise<number> {
  silenceKnownWarning()
  const terminal = processTerminal()
  try {
    return await perform(args, terminal)
  } catch (thrown) {
    const failure = toFailure(thrown)
    if (args.includes('--json')) terminal.out(JSON.stringify(failureDocument(failure)))
    else terminal.err(failureLines(failure).join('\n'))
    return exitCodeOf(failure)
  }
}
