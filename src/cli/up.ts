import { writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { Failure } from '../core/index.ts'
import type { Call } from './call.ts'
import { composeFile } from './compose-file.ts'
import { lookedAtConfig } from './looked-at-config.ts'
import { chosenProfile } from './profile.ts'
import { profileName } from './run-setting.ts'

function write(file: string, text: string): void {
  try {
    // What is there may have been changed by hand. It holds passwords.
    writeFileSync(file, text, { flag: 'wx', mode: 0o600 })
  } catch (thrown) {
    const { code = '', message } = thrown as NodeJS.ErrnoException
    const known: Readonly<Record<string, string>> = {
      EEXIST: `${file} is there already: remove it, or name another file.`,
      ENOENT: `There is no directory ${dirname(file)}: make it, or name another file.`
    }
    throw new Failure(
      'USAGE_INVALID',
      { hint: known[code] ?? `${file} cannot be written: ${message}` },
      thrown
    )
  }
}

/** `skerry up`: prints, or writes, what starts the servers of a profile. */
export async function up(call: Call): Promise<number> {
  const name = profileName(call)
  if (name === undefined)
    throw new Failure('USAGE_INVALID', { hint: 'Name the profile: skerry up --profile NAME' })
  const text = await lookedAtConfig(call, async ({ profiles, system }) =>
    composeFile(system.name, [...system.services.keys()], chosenProfile(profiles, name, system))
  )
  const file = call.text('out')
  if (file === undefined) call.terminal.out(text.trimEnd())
  else {
    write(file, text)
    call.terminal.out(
      `${file} is written. It holds the passwords of the profile: keep it out of version control.`
    )
    call.terminal.out(`start the servers  docker compose -f ${file} up -d --wait`)
  }
  return 0
}
