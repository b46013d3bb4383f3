/** How long a campaign of the simulator took, on a machine that is always the same. */
function paced(_: string, worlds: string, processes: string): string {
  const count = Number(worlds.replaceAll(',', ''))
  const perS = processes === '1' ? 2 : 130
  const on = processes === '1' ? '1 process' : '2 processes'
  return `worlds    ${worlds} in ${(count / perS).toFixed(1)} s on ${on}: ${perS}/s`
}

/** Small steps of long campaigns, which differ with every change of the runtime, to the nearest hundred thousand. */
function happened(_: string, steps: string): string {
  const rounded = Math.round(Number(steps.replaceAll(',', '')) / 100_000) * 100_000
  return `${rounded.toLocaleString('en-US')} happenings`
}

/** What differs from run to run gets one face, so that a session can be compared. */
export function steady(output: string): string {
  return (
    output
      .replace(/^\n+/, '')
      .replace(/^(> .*|npm warn .*)\n+/gm, '')
      .replace(/^(receiving stock|orders, returns|until delivered) +\d.*\n/gm, '')
      .replace(/\S+ on Node \S+, process/, '0.1.0 on Node 26.10.0, process')
      .replace(/^(ok +node +)[\d.]+$/m, '$126.10.0')
      .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '7d5c7a3e-6a0c-4b52-9d6f-0b1d3c1f8f27')
      .replace(/00-[0-9a-f]{32}-[0-9a-f]{16}-01/g, '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01')
      .replace(/"traceId":"[0-9a-f]{32}"/g, '"traceId":"4bf92f3577b34da6a3ce929d0e0e4736"')
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '2026-11-21T09:00:00.000Z')
      .replace(/\b1[789]\d{11}\b/g, '1795251600000')
      .replace(/ \d+ (ms|s|min) {2,}(?=[A-Z_]+: )/g, ' 2 s  ')
      .replace(/ age {2,}failure$/gm, ' age  failure')
      .replace(/\d+(\.\d+)? GB free/, '77.2 GB free')
      .replace(/^worlds {4}([\d,]+) in .* on (\d+) process.*/gm, paced)
      .replace(/(?<= min, )([\d,]{9,}) happenings/g, happened)
      .replace(/(RUN +v)[\d.]+ .*/g, '$15.1.1 /home/you/hire')
      .replace(/(tests?\)) \d+ ?ms/g, '$1 7ms')
      .replace(/(Start at +)[\d:]+/g, '$109:00:00')
      .replace(/(Duration +).*/g, '$1300ms')
      .replace(/(?<=^log .* in |^away +)\d+\.\d s/gm, '0.1 s')
      // What is passed over is written down once in a while.
      .replace(/(?<=^records .* )\d+ checkpoints/gm, '16 checkpoints')
      .replace(/(?<=^verified +sha256 )[0-9a-f]{64}/gm, '5f0c9d8e7b3a4216'.repeat(4))
      .replace(/[ \t]+$/gm, '')
  )
}
