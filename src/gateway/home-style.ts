import { createHash } from 'node:crypto'
import { diagramStyle, rowHeight } from './flow-diagram.ts'
import { pageScript } from './home-script.ts'

const colours = `
:root{color-scheme:light dark;--ink:#16222b;--soft:#5a6b76;--line:#dfe6ea;--ground:#f3f6f7;--card:#fff;--sea:#0b7a8f;--good:#17734a;--bad:#b3261e;--open:#8a5a00;--light:52%;--chroma:.12}
@media(prefers-color-scheme:dark){:root{--ink:#e4edf1;--soft:#93a6b1;--line:#26343d;--ground:#0d1418;--card:#131d23;--sea:#4fc3d9;--good:#5ed39b;--bad:#ff8a80;--open:#f0b95a;--light:74%;--chroma:.11}}
`

const frame = `
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
body.away header .summary{opacity:.4}
header,main,footer{max-width:1240px;margin:0 auto;padding:0 24px}
header{display:flex;align-items:center;gap:16px;padding-top:26px;padding-bottom:20px}
.mark{width:60px;flex:none}.mark .rock{fill:var(--ink)}.mark .sea{fill:none;stroke:var(--sea);stroke-width:2;stroke-linecap:round}
.title{flex:1;min-width:0}h1{font-size:24px;line-height:1.2;margin:0;letter-spacing:-.01em}.title p{margin:3px 0 0;color:var(--soft);max-width:72ch}
.summary{display:flex;align-items:center;gap:8px;margin:0;color:var(--soft);white-space:nowrap}
main{display:grid;grid-template-columns:minmax(0,1.1fr) minmax(0,1fr);gap:18px;align-items:start}
main.single{grid-template-columns:minmax(0,1fr)}
.aside{display:grid;gap:18px}
.card{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:18px 20px;min-width:0}
h2{font-size:15px;margin:0 0 12px;letter-spacing:.005em}
footer{padding-top:18px;padding-bottom:34px;color:var(--soft);font-size:13px}footer a{margin-left:10px}
a{color:var(--sea);text-decoration:none}a:hover{text-decoration:underline}
.quiet{color:var(--soft)}p{margin:0 0 10px}
`

const map = `
.legend{display:flex;gap:18px;margin:-6px 0 6px;color:var(--soft);font-size:13px}
.key{display:inline-block;width:22px;border-top:2px solid var(--soft);vertical-align:middle;margin-right:7px}.key.commands{border-top-style:dotted}
.map{display:flex}
.arcs{flex:none;margin-left:-10px;overflow:visible}
.arc{--colour:oklch(var(--light) var(--chroma) var(--hue));opacity:.72;transition:opacity .15s}
.arc .line{fill:none;stroke:var(--colour);stroke-width:1.6}.arc.commands .line{stroke-dasharray:2 4;stroke-linecap:round}
.arc .tip{fill:var(--colour)}
.arc:hover{opacity:1}.arc:hover .line{stroke-width:2.6}
.rows{list-style:none;margin:0;padding:0;flex:1;min-width:0}
.row{height:${rowHeight}px;display:flex;align-items:center;gap:11px;border-bottom:1px solid var(--line);padding:0 4px 0 6px}
.row:last-child{border-bottom:0}
.row strong{display:block;line-height:1.25;color:oklch(calc(var(--light) - 6%) var(--chroma) var(--hue))}
@media(prefers-color-scheme:dark){.row strong{color:oklch(82% .1 var(--hue))}}
.who{flex:1;min-width:0}
.hears{display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:2;overflow:hidden;color:var(--soft);font-size:12.5px;line-height:1.3}
.dot{flex:none;width:9px;height:9px;border-radius:50%;background:var(--soft)}
.dot.running{background:var(--good)}.dot.store-down{background:var(--bad)}.dot.stopping{background:var(--open)}
.figures{display:flex;gap:14px;text-align:right}
.figure{font-size:12px;color:var(--soft);line-height:1.25;min-width:46px}.figure b{display:block;font-size:15px;color:var(--ink);font-variant-numeric:tabular-nums;font-weight:600}
.figure.nil b{color:var(--soft);font-weight:400}.figure.bad,.figure.bad b{color:var(--bad)}
details{margin-top:10px}summary{cursor:pointer;color:var(--sea);font-size:13px}
`

const tables = `
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:14px}
th{font-weight:500;color:var(--soft);font-size:12.5px;text-align:left;padding:0 12px 6px 0;vertical-align:bottom}
td{padding:7px 12px 7px 0;border-top:1px solid var(--line);vertical-align:baseline;white-space:nowrap}
th:last-child,td:last-child{padding-right:0}
td .long{display:inline-block;min-width:14ch;white-space:normal;overflow-wrap:anywhere}
.number{text-align:right;font-variant-numeric:tabular-nums}
.flows{margin-top:8px;font-size:13px}.flows td{vertical-align:top}.names{white-space:normal;overflow-wrap:anywhere}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;font-size:12.5px}
.pill{display:inline-block;padding:1px 9px;border-radius:99px;font-size:12.5px;color:var(--open);background:color-mix(in srgb,currentColor 13%,transparent)}
.pill.good{color:var(--good)}.pill.bad{color:var(--bad)}
.source{margin:12px 0 0;font-size:12.5px}
time{color:var(--soft)}
pre{margin:0;padding:12px 14px;background:var(--ground);border:1px solid var(--line);border-radius:8px;white-space:pre-wrap;word-break:break-all;line-height:1.55}
.act{display:flex;align-items:center;gap:12px;flex-wrap:wrap}.act[hidden]{display:none}
button{font:inherit;font-weight:600;color:var(--card);background:var(--sea);border:0;border-radius:8px;padding:8px 16px;cursor:pointer}
#copy{color:var(--sea);background:none;box-shadow:inset 0 0 0 1px var(--line);font-weight:500}
button:hover{filter:brightness(1.08)}button:disabled{opacity:.6;cursor:default}
button:focus-visible,a:focus-visible,summary:focus-visible,pre:focus-visible{outline:2px solid var(--sea);outline-offset:2px}
output{font-size:13px}output.good{color:var(--good)}output.bad{color:var(--bad)}
`

const narrow = `
@media(max-width:960px){main{grid-template-columns:minmax(0,1fr)}}
@media(max-width:560px){
header,main,footer{padding-left:14px;padding-right:14px}
header{flex-wrap:wrap;gap:12px;padding-top:18px}.mark{width:46px}.title{flex-basis:70%}.summary{flex-basis:100%}
.card{padding:16px 14px}
.arcs{margin-left:-14px;width:104px}.wide{display:none}
.figures{flex-direction:column;gap:1px}.figure{min-width:0;white-space:nowrap}.figure b{display:inline;font-size:12.5px}.figure.nil{display:none}
.hears{font-size:12px}
th,td{padding-right:9px}table{font-size:13.5px}
}
@media(prefers-reduced-motion:reduce){*{transition:none!important}}
`

/** The style of the page for as many services. */
export function pageStyle(services: number): string {
  return colours + frame + map + tables + narrow + diagramStyle(services)
}

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** Headers that let the page run nothing but its own script and style, and talk to nobody but this gateway. */
export function pagePolicy(services: number): Readonly<Record<string, string>> {
  const rules = [
    "default-src 'none'",
    `style-src ${hashOf(pageStyle(services))}`,
    `script-src ${hashOf(pageScript)}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'"
  ]
  return { 'content-security-policy': rules.join('; '), 'referrer-policy': 'no-referrer' }
}
