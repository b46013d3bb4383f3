import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const here = dirname(fileURLToPath(import.meta.url))
export const root: string = join(here, '../..')

/** One error of the compiler: where it is in the snippet, and all it says, from the outermost sentence inwards. */
export interface CompilerError {
  readonly line: number
  readonly text: string
}

/** What the compiler says of each snippet, and how much work it was in all. */
export interface Compiled {
  /** By the name of the snippet; a snippet without errors has an empty list. */
  readonly errors: ReadonlyMap<string, readonly CompilerError[]>
  /** How many types were made of generic ones: the measure of what an editor has to do, the same on every machine. */
  readonly instantiations: number
}

/** The options of a strict user of the package, who runs it from source here. */
export function optionsOfUsers(): ts.CompilerOptions {
  const config = ts.readConfigFile(join(root, 'tsconfig.base.json'), (path) => ts.sys.readFile(path))
  const { options, errors } = ts.convertCompilerOptionsFromJson(config.config.compilerOptions, root)
  if (errors.length > 0) throw new Error(ts.formatDiagnostics(errors, ts.createCompilerHost({})))
  return {
    ...options,
    noEmit: true,
    incremental: false,
    allowImportingTsExtensions: true,
    noUnusedLocals: false,
    noUnusedParameters: false
  }
}

/**
 * Type-checks snippets of TypeScript as a user of `skerry` would, all in one program: each is a module of its own,
 * named `name.ts`, beside the files of a directory (this one), which it may import; so may other snippets import it.
 */
export function compileSnippets(
  snippets: Readonly<Record<string, string>>,
  directory: string = here
): Compiled {
  const options = optionsOfUsers()
  const host = ts.createCompilerHost(options, true)
  const texts = new Map(Object.entries(snippets).map(([name, text]) => [join(directory, `${name}.ts`), text]))
  const { fileExists, readFile, getSourceFile } = host
  host.fileExists = (path) => texts.has(path) || fileExists(path)
  host.readFile = (path) => texts.get(path) ?? readFile(path)
  host.getSourceFile = (path, language, ...rest) => {
    const text = texts.get(path)
    return text === undefined
      ? getSourceFile(path, language, ...rest)
      : ts.createSourceFile(path, text, language, true)
  }
  const program = ts.createProgram([...texts.keys()], options, host)
  const broken = [...program.getOptionsDiagnostics(), ...program.getGlobalDiagnostics()]
  if (broken.length > 0) throw new Error(ts.formatDiagnostics(broken, host))
  const errors = new Map<string, readonly CompilerError[]>()
  for (const name of Object.keys(snippets)) {
    const path = join(directory, `${name}.ts`)
    const file = program.getSourceFile(path)
    if (!file) throw new Error(`${path} was not compiled`)
    const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]
    errors.set(
      name,
      found.map(({ start, messageText }) => ({
        line: file.getLineAndCharacterOfPosition(start ?? 0).line + 1,
        text: ts.flattenDiagnosticMessageText(messageText, '\n')
      }))
    )
  }
  return { errors, instantiations: program.getInstantiationCount() }
}
