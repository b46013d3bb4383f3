#!/usr/bin/env node
import nodeModule from 'node:module'
import { olderNodeHint } from './node-least.ts'

const hint = olderNodeHint(process.versions.node)
if (hint === undefined) {
  // What is compiled once need not be compiled at the next start; this must stand before anything else is loaded.
  nodeModule.enableCompileCache()
  const { program } = await import('./program.ts')
  process.exitCode = await program(process.argv.slice(2))
  // Whatever the user's code left open must not keep a process that has done its work.
  setTimeout(() => process.exit(), 1_000).unref()
} else {
  process.stderr.write(`skerry: Node ${process.versions.node} is too old: ${hint}.\n`)
  process.exitCode = 1
}
