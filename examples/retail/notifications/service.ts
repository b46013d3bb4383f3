import { type ServiceDefinition, service } from 'skerry'
import { notifications } from './contract.ts'
import { mail } from './mail.ts'
import { mails } from './mails.ts'
import { type PostOptions, postman } from './postman.ts'
import { productNames } from './product-names.ts'

/** Tells customers how their orders stand. Needs to know where mail is posted. */
export function notificationsService(post: PostOptions): ServiceDefinition {
  return service(notifications, [mail, postman(post), mails, productNames])
}
