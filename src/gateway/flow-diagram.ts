import type { Exchange } from './exchanges.ts'
import { type Html, html } from './html.ts'

/** The height of the row of one service; the rows of the page have the same. */
export const rowHeight = 66

const width = 156
const bulgeLeast = 24
const spread = 7

interface End {
  readonly at: number
  readonly other: number
  readonly arc: number
}

/**
 * The order of the arcs at one service from top to bottom in which none crosses another there: those that go up, the
 * nearest first, then those that go down, the farthest first.
 */
function byNeighbour(left: End, right: End): number {
  const upward = (end: End): number => (end.other < end.at ? 0 : 1)
  return upward(left) - upward(right) || right.other - left.other || left.arc - right.arc
}

/** Where each end of each arc is, in pixels from the top. */
function heightsOf(ends: readonly End[], services: number): ReadonlyMap<End, number> {
  const heights = new Map<End, number>()
  for (let at = 0; at < services; at++) {
    const here = ends.filter((end) => end.at === at).sort(byNeighbour)
    const gap = Math.min(spread, (rowHeight - 18) / Math.max(1, here.length - 1))
    const middle = at * rowHeight + rowHeight / 2
    for (const [index, end] of here.entries())
      heights.set(end, middle + (index - (here.length - 1) / 2) * gap)
  }
  return heights
}

function arc(
  flow: Exchange,
  ends: readonly [End, End],
  heights: ReadonlyMap<End, number>,
  services: number
): Html {
  const [from, to] = ends
  const [top, bottom] = [heights.get(from) ?? 0, heights.get(to) ?? 0].map(Math.round) as [number, number]
  const reach = Math.abs(from.at - to.at) / Math.max(1, services - 1)
  const bulge = Math.round(bulgeLeast + reach * (width - bulgeLeast) * 1.16)
  const edge = width - 8
  const path = `M${edge + 6} ${top}C${edge - bulge} ${top} ${edge - bulge} ${bottom} ${edge} ${bottom}`
  const tip = `M${edge + 7} ${bottom}l-8 -3.6v7.2z`
  const says = flow.kind === 'events' ? 'tells' : 'asks'
  return html`<g class="arc ${flow.kind} s${from.at} touches${from.at} touches${to.at}"><title>${flow.from} ${says} ${flow.to}: ${flow.messages.join(', ')}</title><path class="line" d="${path}"/><path class="tip" d="${tip}"/></g>`
}

/** Arcs from the row of the service that says something to the rows of those that hear it. */
export function flowDiagram(names: readonly string[], flows: readonly Exchange[]): Html {
  const pairs = flows.map((flow, index): [End, End] => {
    const [from, to] = [names.indexOf(flow.from), names.indexOf(flow.to)]
    return [
      { at: from, other: to, arc: index },
      { at: to, other: from, arc: index }
    ]
  })
  const heights = heightsOf(pairs.flat(), names.length)
  const arcs = flows.map((flow, index) => arc(flow, pairs[index] as [End, End], heights, names.length))
  const height = names.length * rowHeight
  return html`<svg class="arcs" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" role="img" aria-label="What flows between the services; the table below says the same in words.">${arcs}</svg>`
}

/** Colours for as many services, and what happens when one of them is pointed at. */
export function diagramStyle(services: number): string {
  const rules = Array.from({ length: services }, (_, at) => {
    const hue = Math.round(200 + (at * 360) / Math.max(1, services)) % 360
    return [
      `.s${at}{--hue:${hue}}`,
      `.map:has(.row.s${at}:hover) .arc:not(.touches${at}){opacity:.1}`,
      `.map:has(.row.s${at}:hover) .arc.touches${at}{opacity:1}`
    ].join('')
  })
  return rules.join('')
}
