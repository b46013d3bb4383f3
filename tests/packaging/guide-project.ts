import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { packed } from '../../scripts/check/package.ts'
import { execute } from '../../scripts/check/step.ts'
import { root } from '../../scripts/source-files.ts'
import { played } from '../system/session.ts'

/** A project that a reader of the guide has made from an empty directory, with the packed package installed. */
export interface GuideProject {
  /** Copies files of the repository into the project, or beside it, where the session brings them in from. */
  readonly copy: (files: readonly string[], place: 'project' | 'beside') => void
  /** Plays a recorded session in the project: it must say again what is recorded. */
  readonly replay: (recorded: string) => Promise<void>
}

/** Makes the project by a script that the guide shows. It is removed when the test is over. */
export async function guideProject(installing: string): Promise<GuideProject> {
  const above = mkdtempSync(join(tmpdir(), 'skerry-guide-'))
  onTestFinished(() => rmSync(above, { recursive: true, force: true }))
  const { tarball } = await packed()
  copyFileSync(tarball, join(above, 'skerry-0.1.0.tgz'))
  const installed = await execute('sh', ['-e', join(root, installing)], { cwd: above, timeoutMs: 240_000 })
  expect(installed, installed.errors).toMatchObject({ code: 0 })
  const directories = { project: join(above, 'hire'), beside: join(above, 'guide') }
  return {
    copy: (files, place) => {
      for (const file of files) cpSync(join(root, file), join(directories[place], basename(file)))
    },
    replay: async (recorded) => {
      const bin = join(above, 'bin')
      mkdirSync(bin)
      const text = readFileSync(join(root, recorded), 'utf8')
      const session = await played(text, { directory: directories.project, bin })
      await expect(session).toMatchFileSnapshot(join(root, recorded))
    }
  }
}
