/**
 * Keeps the page alive: it asks for the page again while somebody looks at it, and puts in what has changed. Times
 * are shown as how long ago they were. Without it the page is complete, only still.
 */
export const pageScript = `
const said = document.getElementById('said')
const send = document.getElementById('send')
const ago = (time) => {
  const seconds = Math.max(0, Math.round((Date.now() - Date.parse(time)) / 1000))
  const [size, unit] = seconds < 60 ? [1, 's'] : seconds < 3600 ? [60, 'min'] : seconds < 86400 ? [3600, 'h'] : [86400, 'days']
  return Math.floor(seconds / size) + ' ' + unit + ' ago'
}
const tell = () => {
  for (const time of document.querySelectorAll('time')) {
    time.title = time.dateTime
    time.textContent = ago(time.dateTime)
  }
}
const refresh = async () => {
  try {
    const answer = await fetch('/', { headers: { accept: 'text/html' } })
    if (!answer.ok) throw new Error(String(answer.status))
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
    for (const part of document.querySelectorAll('[data-live]')) {
      if (part.dataset.live === 'sample') continue
      const fresh = page.querySelector('[data-live="' + part.dataset.live + '"]')
      if (fresh && fresh.innerHTML !== part.innerHTML) part.innerHTML = fresh.innerHTML
    }
    document.body.classList.remove('away')
    tell()
    return page
  } catch {
    document.body.classList.add('away')
  }
}
const place = async () => {
  const sample = document.querySelector('[data-live="sample"]')
  send.disabled = true
  try {
    const answer = await fetch(sample.dataset.path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: sample.dataset.body
    })
    const body = await answer.json()
    said.textContent = answer.ok ? body.event.type + ' at ' + body.position : body.title + ' ' + (body.detail ?? '')
    said.className = answer.ok ? 'good' : 'bad'
    const page = await refresh()
    const fresh = page?.querySelector('[data-live="sample"]')
    if (fresh) sample.replaceWith(fresh)
  } catch {
    said.textContent = 'No answer. Is the system still running?'
    said.className = 'bad'
  }
  send.disabled = false
}
const copy = async () => {
  const line = document.querySelector('[data-live="sample"] code').textContent
  const copied = await navigator.clipboard?.writeText(line).then(() => true, () => false)
  said.textContent = copied ? 'Copied.' : 'The browser does not let pages copy here.'
  said.className = ''
}
if (send) {
  send.parentElement.hidden = false
  send.addEventListener('click', place)
  document.getElementById('copy').addEventListener('click', copy)
}
tell()
setInterval(() => { if (!document.hidden) refresh() }, 2000)
`
