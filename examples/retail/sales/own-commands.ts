import { z } from 'zod'
import { sales } from './contract.ts'

// What sales tells itself when another service has said something: no other service sends these.

export const RecordDispatch = sales.command('RecordDispatch', z.object({}))
export const RecordDelivery = sales.command('RecordDelivery', z.object({}))
export const RecordRefund = sales.command('RecordRefund', z.object({}))
export const RecordReceipt = sales.command('RecordReceipt', z.object({}))
