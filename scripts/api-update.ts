// Rewrites the reports of the public surface in api/ from the built package.
import { join } from 'node:path'
import { builtSurface, writeReports } from './api/report.ts'
import { root } from './source-files.ts'

const surface = builtSurface(root)
writeReports(join(root, 'api'), surface)
for (const problem of surface.forgotten) console.error(problem)
console.log(`${surface.surfaces.length} reports, ${surface.forgotten.length} types that users cannot name`)
process.exitCode = surface.forgotten.length === 0 ? 0 : 1
