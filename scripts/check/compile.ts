import { existsSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import ts from 'typescript'
import { root, sourceFiles } from '../source-files.ts'
import { executeInstalled, failureOf, type Step, sawTooFew } from './step.ts'

interface Project {
  readonly config: string
  readonly files: readonly string[]
}

const readProject = (config: string): ts.ParsedCommandLine => {
  const host: ts.ParseConfigFileHost = {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: (diagnostic) => {
      throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n'))
    }
  }
  const parsed = ts.getParsedCommandLineOfConfigFile(config, {}, host)
  if (parsed === undefined) throw new Error(`${config} cannot be read`)
  return parsed
}

/** A project whose dependencies `npm ci` leaves out: nothing compiles it until they are installed by what uses them. */
const apart = join('benchmarks', 'peers')

/** The projects that `tsc -b` builds from a directory, and the one apart, each with the files it compiles. */
const projects = (directory: string = root): Project[] => {
  const solution = readProject(join(directory, 'tsconfig.json'))
  const referenced = (solution.projectReferences ?? []).map(({ path }) =>
    path.endsWith('.json') ? path : join(path, 'tsconfig.json')
  )
  const others = [join(directory, apart, 'tsconfig.json')].filter((config) => existsSync(config))
  return [...referenced, ...others].map((config) => {
    return { config, files: readProject(config).fileNames.map((file) => relative(directory, file)) }
  })
}

/** Every TypeScript file of the repository that no project compiles, so that no rule of the compiler reaches it. */
export const uncompiledFiles = (directory: string = root): string[] => {
  const compiled = new Set(projects(directory).flatMap((project) => project.files))
  return sourceFiles('**/*.ts', directory).filter((file) => !compiled.has(file))
}

/** Compiles every project in the order of its references: a forbidden import is an error here. */
export const compile: Step = {
  name: 'tsc',
  run: async () => {
    const all = projects()
    const isInstalled = existsSync(join(root, apart, 'node_modules'))
    const solutions = ['.', ...(isInstalled ? [apart] : [])]
    const ended = await executeInstalled('tsc', ['-b', ...solutions, '--pretty', 'false'])
    const escaped = uncompiledFiles().map((file) => `${file}: no tsconfig.json includes it`)
    const empty = all.filter((project) => project.files.length === 0)
    const silent = all
      .filter((project) => existsSync(dirname(project.config)) && empty.includes(project))
      .map((project) => `${relative(root, project.config)}: compiles no file`)
    const count = all.reduce((sum, project) => sum + project.files.length, 0)
    return {
      saw: `${count} files in ${all.length} projects${isInstalled ? '' : `, but not ${apart}, which is not installed`}`,
      problems: [
        ...sawTooFew(count, sourceFiles('**/*.ts').length, 'files'),
        ...escaped,
        ...silent,
        ...failureOf(ended)
      ]
    }
  }
}
