#!/usr/bin/env node
import nodeModule from 'node:module'
import { setFlagsFromString } from 'node:v8'
import { olderNodeHint } from './node-least.ts'

const hint = olderNodeHint(process.versions.node)
if (hint === undefined) {
  // What is compiled once need not be compiled at the next start; this must stand before anything else is loaded.
  nodeModule.enableCompileCache()
  // Left alone, V8 lets old garbage grow to several times what is alive: 45 MB more for a few percent of speed.
  setFlagsFromString('--heap-growing-percent=150')
  const { program } = await import('./program.ts')
  process.exitCode = await program(process.argv.slice(2))
  // Whatever the user's code left open must not keep a process that has done its work.
  setTimeout(() => process.exit(), 1_000).unref()
} else {
  process.stderr.write(`skerry: Node ${process.versions.node} is too old: ${hint}.\n`)
  process.exitCode = 1
}
