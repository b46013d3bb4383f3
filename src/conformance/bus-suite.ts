import { type BusCase, busFeedCases } from './bus-feed-cases.ts'
import { busLosslessCases, busOrderedCases } from './bus-guarantee-cases.ts'
import { busListenerCases } from './bus-listener-cases.ts'
import type { BusUnderTest } from './bus-stage.ts'
import { type ConformanceCase, claimEqual } from './conformance-case.ts'

const services = ['harbour', 'pilot']

/**
 * The cases that a bus must pass: what the port promises of any bus, and what this one promises by its guarantees.
 * Each case brings up its own stage and closes it. Cases may run at the same time as far as the stages allow it.
 */
export function busConformance(bus: BusUnderTest): readonly ConformanceCase[] {
  const own: BusCase = [
    'both ends say of themselves what was declared',
    ({ publisher, consumer }) => {
      const { lossless, ordered } = bus.guarantees
      for (const end of [publisher, consumer])
        claimEqual(
          [end.guarantees.lossless, end.guarantees.ordered],
          [lossless, ordered],
          'lossless and ordered'
        )
      claimEqual(consumer.guarantees.name, bus.guarantees.name, 'the name')
      return Promise.resolve()
    }
  ]
  const cases: readonly BusCase[] = [
    own,
    ...busFeedCases,
    ...busListenerCases,
    ...(bus.guarantees.lossless ? busLosslessCases : []),
    ...(bus.guarantees.ordered ? busOrderedCases : [])
  ]
  return cases.map(([name, run]) => ({
    name,
    async run(): Promise<void> {
      const stage = await bus.open(services)
      try {
        await run(stage)
      } finally {
        await stage.close()
      }
    }
  }))
}
