#!/usr/bin/env node
import { enableCompileCache } from 'node:module'

// What is compiled once need not be compiled at the next start; this must stand before anything else is loaded.
enableCompileCache()
const { program } = await import('./program.ts')
process.exitCode = await program(process.argv.slice(2))
// Whatever the user's code left open must not keep a process that has done its work.
setTimeout(() => process.exit(), 1_000).unref()
