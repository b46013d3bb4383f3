import type { Episode, History } from './history.ts'

/** Lines beyond which nobody reads a diagram. */
const linesMax = 200

const plain = (text: string): string => text.replaceAll(/[;#\n]/g, ' ').slice(0, 120)

function lineOf(episode: Episode): string {
  const text = plain(episode.text)
  switch (episode.kind) {
    case 'command':
      return `clients->>${episode.service}: ${text}`
    case 'answer':
      return `${episode.service}-->>clients: ${text}`
    case 'said':
      return episode.to === undefined
        ? `Note over ${episode.service}: ${text}`
        : `${episode.service}->>${episode.to}: ${text}`
    case 'heard':
      return `${episode.from}->>${episode.service}: ${text}`
    case 'node':
    case 'fault':
      return `Note over ${episode.node}: ${episode.kind === 'fault' ? `FAULT ${text}` : text.toUpperCase()}`
  }
}

/** What happened in a world as a sequence diagram of Mermaid. */
export function sequenceDiagram(history: History): string {
  const lines = history.map((episode) => `  ${lineOf(episode)}`)
  const shown = lines.slice(0, linesMax)
  const more = lines.length - shown.length
  return ['sequenceDiagram', ...shown, ...(more > 0 ? [`  Note over clients: and ${more} more`] : [])].join(
    '\n'
  )
}
