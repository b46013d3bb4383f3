import { type ServiceDefinition, service } from 'skerry'
import { riders } from './contract.ts'
import { addresses, type Post, receipts } from './receipts.ts'
import { rider } from './rider.ts'

export function ridersService(post: Post): ServiceDefinition {
  return service(riders, [rider, addresses, receipts(post)])
}
