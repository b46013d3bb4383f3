import { adminClient } from './admin-client.ts'
import type { Call } from './call.ts'
import { isLocked } from './directory-lock.ts'
import { checkConfigFile, checkDirectory, checkNode } from './doctor-machine.ts'
import { checkProfile } from './doctor-profile.ts'
import { checkFiles, checkRunning } from './doctor-system.ts'
import type { Finding } from './finding.ts'
import { dataDirectory, profileName } from './run-setting.ts'
import type { Terminal } from './terminal.ts'

const paints = { ok: 'green', warning: 'yellow', fault: 'red' } as const

function lines(findings: readonly Finding[], terminal: Terminal): string[] {
  const width = Math.max(...findings.map(({ about }) => about.length))
  return findings.flatMap(({ level, about, text, mend }) => {
    const line = `${terminal.paint(paints[level], level.padEnd(7))}  ${about.padEnd(width)}  ${text}`
    return mend === undefined ? [line] : [line, `${' '.repeat(width + 11)}-> ${mend}`]
  })
}

/** Looks at everything that a run depends on, and at what runs. */
async function examined(call: Call): Promise<readonly Finding[]> {
  const directory = dataDirectory(call)
  const runs = call.text('url') !== undefined || isLocked(directory)
  return [
    checkNode(),
    await checkConfigFile(call),
    ...checkDirectory(directory),
    ...(await checkProfile(call)),
    ...(await (runs ? checkRunning(adminClient(call)) : checkFiles(directory, profileName(call))))
  ]
}

/** `skerry doctor`: gives 1 when there is a fault. */
export async function doctor(call: Call): Promise<number> {
  const { terminal } = call
  const findings = await examined(call)
  const healthy = findings.every(({ level }) => level !== 'fault')
  terminal.out(call.json ? JSON.stringify({ healthy, findings }) : lines(findings, terminal).join('\n'))
  return healthy ? 0 : 1
}
