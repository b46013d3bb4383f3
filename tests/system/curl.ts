// What `curl URL [-X METHOD] [-H HEADER]... [-d BODY]` prints, for machines without it.
const [, , ...args] = process.argv
const headers = new Headers()
let method: string | undefined
let body: string | undefined
let url = ''
for (let at = 0; at < args.length; at++) {
  const word = args[at] ?? ''
  const value = (): string => args[++at] ?? ''
  if (word === '-H') headers.append(...(value().split(/: */, 2) as [string, string]))
  else if (word === '-X') method = value()
  else if (word === '-d') body = value()
  else if (word !== '-s') url = word
}
const asked = body === undefined ? { headers } : { headers, body }
const answer = await fetch(url, { method: method ?? (body === undefined ? 'GET' : 'POST'), ...asked })
process.stdout.write(await answer.text())
