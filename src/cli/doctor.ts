import { toFailure } from '../core/index.ts'
import { adminClient } from './admin-client.ts'
import type { Call } from './call.ts'
import { isLocked } from './directory-lock.ts'
import { checkConfigFile, checkDirectory, checkNode } from './doctor-machine.ts'
import { checkPositions } from './doctor-positions.ts'
import { checkProfile } from './doctor-profile.ts'
import { checkFiles, checkRunning } from './doctor-system.ts'
import { type Finding, fault } from './finding.ts'
import { dataDirectory, profileName } from './run-setting.ts'
import { placeApart } from './running-place.ts'
import type { Terminal } from './terminal.ts'

const paints = { ok: 'green', warning: 'yellow', fault: 'red' } as const

function lines(findings: readonly Finding[], terminal: Terminal): string[] {
  const width = Math.max(...findings.map(({ about }) => about.length))
  return findings.flatMap(({ level, about, text, mend }) => {
    const line = `${terminal.paint(paints[level], level.padEnd(7))}  ${about.padEnd(width)}  ${text}`
    return mend === undefined ? [line] : [line, `${' '.repeat(width + 11)}-> ${mend}`]
  })
}

/** What runs where no run has the data directory: services that were started one by one, or nothing. */
async function apartFindings(
  call: Call,
  directory: string,
  found: readonly Finding[]
): Promise<readonly Finding[]> {
  let isTold = false
  try {
    const place = await placeApart(call)
    if (typeof place === 'object') return await checkRunning(adminClient(call, place))
    isTold = place === 'nobody'
  } catch (thrown) {
    // What was looked at before says the same of the config or the servers, and what mends it.
    if (found.every(({ level }) => level !== 'fault'))
      return [fault('system', toFailure(thrown).message, 'mend what says where services run')]
  }
  const place = { directory, profile: profileName(call), isTold }
  return [...(await checkFiles(place)), ...(await checkPositions(call))]
}

/** Looks at everything that a run depends on, and at what runs. */
async function examined(call: Call): Promise<readonly Finding[]> {
  const directory = dataDirectory(call)
  const found = [
    checkNode(),
    await checkConfigFile(call),
    ...checkDirectory(directory),
    ...(await checkProfile(call))
  ]
  const runs = call.text('url') !== undefined || isLocked(directory)
  const system = runs
    ? checkRunning(adminClient(call), call.text('url') === undefined ? directory : undefined)
    : apartFindings(call, directory, found)
  return [...found, ...(await system)]
}

/** `skerry doctor`: gives 1 when there is a fault. */
export async function doctor(call: Call): Promise<number> {
  const { terminal } = call
  const findings = await examined(call)
  const healthy = findings.every(({ level }) => level !== 'fault')
  terminal.out(call.json ? JSON.stringify({ healthy, findings }) : lines(findings, terminal).join('\n'))
  return healthy ? 0 : 1
}
