export type { BusStage, BusUnderTest } from './bus-stage.ts'
export { busConformance } from './bus-suite.ts'
export type { ConformanceCase } from './conformance-case.ts'
