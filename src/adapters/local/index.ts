export { type LocalBusOptions, localBus } from './local-bus.ts'
