import type { Trial } from './trial.ts'

const literal = (value: unknown): string => JSON.stringify(value)

/** The text of a test for vitest that fails as this trial does, until the bug is mended. */
export function testFile(trial: Trial, simulationModule: string): string {
  const { seed, kind, finding, commands, fired } = trial
  const sent = commands.map(({ index, command }) => `      { index: ${index}, command: ${literal(command)} }`)
  const faults = fired.map(({ id, where }) => `      ${literal(id)} // ${where}`)
  return `import { expect, test } from 'vitest'
import { runTrial } from 'skerry/simulator'
import simulation from ${literal(simulationModule)}

// ${finding?.text.replaceAll('\n', ' ') ?? ''}
test(${literal(`seed ${seed}: ${finding?.oracle}`)}, async () => {
  const { finding } = await runTrial(simulation, {
    seed: ${seed},
    kind: ${literal(kind)},
    commands: [
${sent.join(',\n')}
    ],
    faults: new Set([
${faults.map((line, index) => (index < faults.length - 1 ? line.replace(' //', ', //') : line)).join('\n')}
    ])
  })
  expect(finding).toBeUndefined()
})
`
}
