import { frontDoorRule } from './front-doors.ts'
import { importRule } from './layers.ts'
import { commentRule, exportRule, nameRule, sizeRule } from './shape.ts'
import type { Rule, Source } from './source.ts'
import { testRule, wordRule } from './words.ts'

const rules: readonly Rule[] = [
  importRule,
  frontDoorRule,
  wordRule,
  testRule,
  sizeRule,
  nameRule,
  exportRule,
  commentRule
]

/** Every break of a house rule in these files, as lines `path:line: what is wrong`. */
export const breaksOf = (sources: Iterable<Source>): string[] =>
  [...sources].flatMap((source) => rules.flatMap((rule) => rule(source)))
