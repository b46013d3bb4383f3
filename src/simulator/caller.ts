import { sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A place in a file that was under way. */
interface Frame {
  readonly file: string
  readonly line: string
}

const framesMax = 60

/** What is under way, the innermost first; without what has no file, such as `Array.map`. */
function framesHere(): readonly Frame[] {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = framesMax
  const stack = new Error('here').stack ?? ''
  Error.stackTraceLimit = stackTraceLimit
  const frames: Frame[] = []
  for (const text of stack.split('\n')) {
    const [, file, line] = /^\s+at (?:.*\()?([^()]+?):(\d+):\d+\)?$/.exec(text) ?? []
    if (file === undefined || line === undefined) continue
    const path = file.startsWith('file:') ? fileURLToPath(file.replace(/[?#].*$/, '')) : file
    frames.push({ file: path.replace(/^async /, ''), line })
  }
  return frames
}

const told = ({ file, line }: Frame): string => {
  const here = process.cwd() + sep
  return `${file.startsWith(here) ? file.slice(here.length) : file}:${line}`
}

/**
 * The file and line that called the innermost function outside of the files `own`; with the library that it was called
 * through, if any. Undefined when Node calls for itself, or for somebody who prints something.
 */
export function callerOutside(own: ReadonlySet<string>): string | undefined {
  let library: Frame | undefined
  for (const frame of framesHere()) {
    const { file } = frame
    if (own.has(file)) continue
    // Below is nobody: a promise went on.
    if (file === 'node:internal/process/task_queues') break
    if (file.startsWith('node:')) {
      if (library === undefined || file.startsWith('node:internal/console')) return undefined
    } else if (file.includes(`${sep}node_modules${sep}`)) library ??= frame
    else return library ? `${told(frame)} (through ${told(library)})` : told(frame)
  }
  return library ? told(library) : 'something that a promise calls'
}
