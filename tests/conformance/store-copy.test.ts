import { describe } from 'vitest'
import { storeCopyConformance } from '../../src/conformance/index.ts'
import { bindCases } from './bind-cases.ts'
import { sqlitePlace } from './copy-places.ts'

describe('from SQLite to SQLite', () => bindCases(storeCopyConformance(sqlitePlace, sqlitePlace), 9))
