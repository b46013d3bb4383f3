export { guardedEffects } from './guarded-effects.ts'
export { type PinoLogOptions, pinoLog } from './pino-log.ts'
export { systemClock } from './system-clock.ts'
export { systemIds } from './system-ids.ts'
