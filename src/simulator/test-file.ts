import type { Trial } from './trial.ts'

const literal = (value: unknown): string => JSON.stringify(value)

/** A text as it is written in code. */
const quoted = (text: string): string => (/['\\\n]/.test(text) ? literal(text) : `'${text}'`)

/** The lines of a list, without the last comma. */
const listed = (lines: readonly string[]): string => {
  const last = lines.length - 1
  const shown = lines.map(
    (line, index) => `      ${index === last ? line.replace(/,(?=$| \/\/)/, '') : line}\n`
  )
  return shown.length === 0 ? '[]' : `[\n${shown.join('')}    ]`
}

/** The text of a test for vitest that fails as this trial does, until the bug is mended. */
export function testFile(trial: Trial, simulationModule: string): string {
  const { seed, kind, finding, commands, fired } = trial
  const sent = commands.map(({ index, command }) => `{ index: ${index}, command: ${literal(command)} },`)
  const faults = fired.map(({ id, where }) => `${quoted(id)}, // ${where}`)
  return `import { expect, test } from 'vitest'
import { runTrial } from 'skerry/simulator'
import simulation from ${quoted(simulationModule)}

// ${finding?.text.replaceAll('\n', ' ') ?? ''}
test(${quoted(`seed ${seed}: ${finding?.oracle}`)}, async () => {
  const { finding } = await runTrial(simulation, {
    seed: ${seed},
    kind: ${quoted(kind)},
    commands: ${listed(sent)},
    faults: new Set(${fired.length > 0 ? listed(faults) : ''})
  })
  expect(finding).toBeUndefined()
})
`
}
