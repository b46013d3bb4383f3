import { expect, test } from 'vitest'
import { type History, runTrial, sequenceDiagram } from '../../src/simulator/index.ts'
import bankSimulation from './bank-simulation.ts'

async function diagramOf(seed: number): Promise<string> {
  const history: History = []
  await runTrial(bankSimulation, { seed, kind: 'chaos', history })
  return sequenceDiagram(history)
}

test('a diagram shows what clients ask, what is said, who hears it in which part, and what is answered', async () => {
  const lines = (await diagramOf(1)).split('\n')
  expect(lines[0]).toBe('sequenceDiagram')
  const places = [
    'clients->>transfers: RequestTransfer t-17',
    'Note over transfers: TransferRequested t-17',
    'transfers->>transfers: TransferRequested t-17 (settlement)',
    'transfers->>bank: Debit cy',
    'bank->>transfers: refused Debit t-17',
    'Note over transfers: TransferFailed t-17',
    'transfers->>notices: TransferFailed t-17 (statement)',
    'notices->>notices: NoticeWritten t-17 (postman, to be carried out)'
  ].map((line) => lines.indexOf(`  ${line}`))
  expect(places).toEqual(places.toSorted((left, right) => left - right))
  expect(places[0]).toBeGreaterThan(0)
})
