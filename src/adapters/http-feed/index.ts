export type { FindAddresses } from './feed-address.ts'
export { httpFeed } from './http-feed.ts'
export { type HttpFeedBusOptions, httpFeedBus } from './http-feed-bus.ts'
export type { HttpFeedOptions } from './options.ts'
