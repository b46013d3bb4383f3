import { z } from 'zod'
import { sales } from './contract.ts'

// What sales tells itself when another service has said something: no other service sends these.

export const RecordDispatch = sales.command('RecordDispatch', z.object({}), { internal: true })
export const RecordDelivery = sales.command('RecordDelivery', z.object({}), { internal: true })
export const RecordRefund = sales.command('RecordRefund', z.object({}), { internal: true })
export const RecordReceipt = sales.command('RecordReceipt', z.object({}), { internal: true })
