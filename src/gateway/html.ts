/** Text that is HTML already. */
export interface Html {
  readonly html: string
}

type Part = Html | string | number | undefined | readonly Html[]

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;'
}

const isList = (part: Part): part is readonly Html[] => Array.isArray(part)

function rendered(part: Part): string {
  if (part === undefined) return ''
  if (isList(part)) return part.map(({ html: text }) => text).join('')
  if (typeof part === 'object') return part.html
  return String(part).replaceAll(/[&<>"']/g, (character) => entities[character] ?? '')
}

/** HTML of a template: whatever is put in is text and escaped, unless it is HTML itself. */
export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return { html: texts.map((text, index) => text + rendered(parts[index])).join('') }
}

/** Text that is known to be HTML because it was written here. */
export function trusted(text: string): Html {
  return { html: text }
}
