import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import ts from 'typescript'
import { optionsOfUsers, root } from './compile-snippets.ts'

/** Where an editor goes from the first place in a file where this text stands: file and line of each definition. */
export function definitionOf(file: string, text: string): readonly string[] {
  const options = optionsOfUsers()
  const host: ts.LanguageServiceHost = {
    getScriptFileNames: () => [file],
    getScriptVersion: () => '1',
    getScriptSnapshot: (path) =>
      ts.sys.fileExists(path) ? ts.ScriptSnapshot.fromString(readFileSync(path, 'utf8')) : undefined,
    getCurrentDirectory: () => root,
    getCompilationSettings: () => options,
    getDefaultLibFileName: (settings) => ts.getDefaultLibFilePath(settings),
    fileExists: (path) => ts.sys.fileExists(path),
    readFile: (path) => ts.sys.readFile(path),
    directoryExists: (path) => ts.sys.directoryExists(path)
  }
  const service = ts.createLanguageService(host)
  const at = readFileSync(file, 'utf8').indexOf(text)
  if (at < 0) throw new Error(`${text} is not in ${file}`)
  // In the middle of the last word of the text, where a cursor would be.
  const found = service.getDefinitionAtPosition(file, at + text.length - 3) ?? []
  return found.map(({ fileName, textSpan }) => {
    const line = readFileSync(fileName, 'utf8').slice(0, textSpan.start).split('\n').length
    return `${relative(root, fileName)}:${line}`
  })
}
