import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Failure } from '../core/index.ts'
import type { Call } from './call.ts'

function parsed(text: string, from: string): unknown {
  try {
    return JSON.parse(text)
  } catch (thrown) {
    throw new Failure('USAGE_INVALID', { hint: `${from} is no JSON: ${(thrown as Error).message}.` })
  }
}

function read(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (thrown) {
    throw new Failure('USAGE_INVALID', { hint: `--file cannot be read: ${(thrown as Error).message}.` })
  }
}

/** Lets the user's editor change the data; `undefined` when nothing was changed. */
function fromEditor(editor: string, data: unknown): unknown {
  const directory = mkdtempSync(join(tmpdir(), 'skerry-edit-'))
  const file = join(directory, 'data.json')
  const before = `${JSON.stringify(data, undefined, 2)}\n`
  try {
    writeFileSync(file, before)
    // Editors are set with options (`code --wait`), so a shell takes the words apart.
    const ended = spawnSync('sh', ['-c', `${editor} "$1"`, 'sh', file], { stdio: 'inherit' })
    if (ended.status !== 0)
      throw new Failure('USAGE_INVALID', { hint: `The editor '${editor}' failed; nothing was changed.` })
    const after = readFileSync(file, 'utf8')
    return after === before ? undefined : parsed(after, 'What the editor left')
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/**
 * The new data of a dead letter: from the command line, a file or the user's editor; `undefined` when the editor left
 * it as it was. `current` is asked for only when an editor needs it. Fails with `USAGE_INVALID`.
 */
export async function newData(call: Call, current: () => Promise<unknown>): Promise<unknown> {
  const to = call.text('to')
  const file = call.text('file')
  if (to !== undefined && file !== undefined)
    throw new Failure('USAGE_INVALID', { hint: '--to and --file both give the data: leave one out.' })
  if (to !== undefined) return parsed(to, '--to')
  if (file !== undefined) return parsed(read(file), file === '-' ? 'Standard input' : file)
  const editor = call.env['VISUAL'] || call.env['EDITOR']
  if (editor) return fromEditor(editor, await current())
  throw new Failure('USAGE_INVALID', {
    hint: 'Give the data with --to or --file, or set EDITOR.'
  })
}
