/** As `engines` in package.json has it. This file and `main.ts` are all that an older Node loads. */
const nodeLeast: readonly [major: number, minor: number] = [22, 22]

/** What to do about a Node that is older than Skerry runs on; undefined when it is not. */
export function olderNodeHint(running: string): string | undefined {
  const [major = 0, minor = 0] = running.split('.').map(Number)
  const [majorLeast, minorLeast] = nodeLeast
  if (major > majorLeast || (major === majorLeast && minor >= minorLeast)) return undefined
  return `install Node ${nodeLeast.join('.')} or newer, such as the latest LTS`
}
