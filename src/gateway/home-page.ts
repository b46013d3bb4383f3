import type { QueryPage } from '../ports/index.ts'
import type { ServiceStatus } from '../runtime/index.ts'
import type { Exchange } from './exchanges.ts'
import { flowDiagram } from './flow-diagram.ts'
import type { Column, LatestRows, ReadySample } from './home-parts.ts'
import { pageScript } from './home-script.ts'
import { pageStyle } from './home-style.ts'
import { type Html, html, trusted } from './html.ts'

/** Everything that the page shows. */
export interface HomeContent {
  readonly title: string
  readonly text: string | undefined
  /** In the order in which they are shown; without a status when a service could not say it. */
  readonly services: ReadonlyMap<string, ServiceStatus | undefined>
  readonly flows: readonly Exchange[]
  readonly latest: LatestRows | undefined
  readonly rows: QueryPage['rows'] | undefined
  readonly sample: ReadySample | undefined
}

const counted = new Intl.NumberFormat('en')
const pounds = new Intl.NumberFormat('en-GB', { style: 'currency', currency: 'GBP' })

const stateText = {
  running: 'running',
  'store-down': 'store down',
  stopping: 'stopping',
  stopped: 'stopped'
} as const

function figures(status: ServiceStatus | undefined): Html {
  if (!status) return html`<span class="figure bad">gives no answer</span>`
  const waiting = status.subscriptions.reduce((sum, { pending }) => sum + pending, status.commandsQueued)
  const dead = status.parked.reduce((sum, one) => sum + (one.status === 'dead' ? one.count : 0), 0)
  return html`<span class="figure"><b>${counted.format(status.published)}</b> said</span><span class="figure ${waiting > 0 ? '' : 'nil'}"><b>${counted.format(waiting)}</b> waiting</span><span class="figure ${dead > 0 ? 'bad' : 'nil'}"><b>${counted.format(dead)}</b> dead</span>`
}

function serviceRow(
  name: string,
  status: ServiceStatus | undefined,
  at: number,
  flows: readonly Exchange[]
): Html {
  const from = [
    ...new Set(flows.filter((flow) => flow.to === name && flow.kind === 'events').map((flow) => flow.from))
  ]
  const hears = from.length > 0 ? `hears ${from.join(', ')}` : 'hears nobody'
  const state = status ? status.state : 'store-down'
  return html`<li class="row s${at}"><i class="dot ${state}" title="${stateText[state]}"></i><div class="who"><strong>${name}</strong><span class="hears">${hears}</span></div><div class="figures">${figures(status)}</div></li>`
}

function flowTable(flows: readonly Exchange[]): Html {
  const rows = flows.map(
    (flow) =>
      html`<tr><td>${flow.from}</td><td>${flow.kind === 'events' ? 'tells' : 'asks'}</td><td>${flow.to}</td><td class="names">${flow.messages.map((name) => html`<code>${name}</code> `)}</td></tr>`
  )
  return html`<details><summary>The same in words</summary><div class="scroll"><table class="flows"><thead><tr><th>from</th><th></th><th>to</th><th>what</th></tr></thead><tbody>${rows}</tbody></table></div></details>`
}

function servicesSection({ services, flows }: HomeContent): Html {
  const names = [...services.keys()]
  const rows = [...services].map(([name, status], at) => serviceRow(name, status, at, flows))
  const legend = flows.some(({ kind }) => kind === 'commands')
    ? html`<p class="legend"><span><i class="key events"></i>tells an event</span><span><i class="key commands"></i>asks for a step</span></p>`
    : html``
  return html`<section class="card services"><h2>Services and what flows between them</h2>${legend}<div class="map">${flowDiagram(names, flows)}<ol class="rows" data-live="services">${rows}</ol></div>${flows.length > 0 ? flowTable(flows) : html`<p class="quiet">Nothing flows between them.</p>`}</section>`
}

const toneOf = (status: string): string => {
  if (/cancel|declin|reject|refus|fail|dead|lost|overdue/i.test(status)) return 'bad'
  if (/ship|deliver|complet|done|paid|ready|closed|succe/i.test(status)) return 'good'
  return 'open'
}

const longText = 22

const timeOf = (value: unknown): Date | undefined => {
  const time = new Date(typeof value === 'number' ? value : String(value))
  return Number.isNaN(time.getTime()) ? undefined : time
}

function cell(value: unknown, form: Column['as']): Html {
  if (value === undefined || value === null) return html`<span class="quiet">–</span>`
  if (form === 'status') return html`<span class="pill ${toneOf(String(value))}">${String(value)}</span>`
  if (form === 'pence' && typeof value === 'number') return html`${pounds.format(value / 100)}`
  if (form === 'number' && typeof value === 'number') return html`${counted.format(value)}`
  const time = form === 'time' ? timeOf(value) : undefined
  if (time)
    return html`<time datetime="${time.toISOString()}">${time.toISOString().slice(0, 19).replace('T', ' ')}</time>`
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  return text.length > longText ? html`<span class="long">${text}</span>` : html`${text}`
}

function latestSection(latest: LatestRows, rows: QueryPage['rows'] | undefined): Html {
  const aligned = ({ as, wideOnly }: Column): string =>
    `${as === 'pence' || as === 'number' ? 'number' : ''}${wideOnly ? ' wide' : ''}`
  const fieldOf = (row: QueryPage['rows'][number], field: string): unknown =>
    field === 'key' ? row.key : (row.data as Readonly<Record<string, unknown>> | null)?.[field]
  const heads = latest.columns.map((column) => html`<th class="${aligned(column)}">${column.label}</th>`)
  const body = (rows ?? []).map(
    (row) =>
      html`<tr>${latest.columns.map((column) => html`<td class="${aligned(column)}">${cell(fieldOf(row, column.field), column.as)}</td>`)}</tr>`
  )
  const empty = rows === undefined ? 'They cannot be read now.' : 'None yet.'
  const table = html`<div class="scroll"><table><thead><tr>${heads}</tr></thead><tbody>${body}</tbody></table></div>`
  const address = `/${latest.service}/${latest.projection}${latest.order ? `?order=${latest.order}` : ''}`
  return html`<section class="card latest"><h2>${latest.title}</h2><div data-live="latest">${body.length > 0 ? table : html`<p class="quiet">${empty}</p>`}</div><p class="source"><a href="${address}">${address}</a></p></section>`
}

function trySection(sample: ReadySample): Html {
  return html`<section class="card try"><h2>Try it</h2><p>${sample.text}</p><p class="act" hidden><button type="button" id="send">${sample.button}</button><button type="button" id="copy">Copy the line</button><output id="said"></output></p><div data-live="sample" data-path="${sample.path}" data-body="${sample.body}"><pre tabindex="0"><code>${sample.curl}</code></pre></div></section>`
}

function summary(services: HomeContent['services']): Html {
  const running = [...services.values()].filter((status) => status?.state === 'running').length
  const all = running === services.size
  const text = all
    ? `${running} ${running === 1 ? 'service' : 'services'} running`
    : `${running} of ${services.size} services running`
  return html`<p class="summary" data-live="summary"><i class="dot ${all ? 'running' : 'store-down'}"></i>${text}</p>`
}

const mark = trusted(
  '<svg class="mark" viewBox="0 0 48 32" aria-hidden="true"><path class="rock" d="M10 21 17 8l6 5 4-7 5 4 7 11z"/><path class="sea" d="M4 23q4-4 8 0t8 0 8 0 8 0 8 0M12 28q4-4 8 0t8 0 8 0"/></svg>'
)

/** The page as one document. */
export function homePage(content: HomeContent): Html {
  const { title, text, latest, rows, sample, services } = content
  const right = html`${latest ? latestSection(latest, rows) : html``}${sample ? trySection(sample) : html``}`
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><title>${title}</title><link rel="icon" href="data:,"><style>${trusted(pageStyle(services.size))}</style></head>
<body><header>${mark}<div class="title"><h1>${title}</h1>${text ? html`<p>${text}</p>` : html``}</div>${summary(services)}</header>
<main class="${right.html === '' ? 'single' : ''}">${servicesSection(content)}${right.html === '' ? html`` : html`<div class="aside">${right}</div>`}</main>
<footer>In JSON: <a href="/admin/status">status</a> <a href="/admin/flows">flows</a> <a href="/admin/check">check</a> <a href="/health">health</a></footer>
<script>${trusted(pageScript)}</script></body></html>
`
}
