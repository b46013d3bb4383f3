const dayMs = 86_400_000
// The last millisecond of the year 9999; RFC 3339 has no later one.
const timeMaxMs = 253_402_300_799_999

const pad = (value: number, digits: number): string => String(value).padStart(digits, '0')

// Days since 1970 and dates of the Gregorian calendar, with years that begin in March, so that the leap day is last.
function dateOf(days: number): string {
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1_460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`
}

function daysOf(year: number, month: number, day: number): number {
  const yearFromMarch = month <= 2 ? year - 1 : year
  const era = Math.floor(yearFromMarch / 400)
  const yearOfEra = yearFromMarch - era * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

/** Whether RFC 3339 has a text for these milliseconds since 1970: a whole number within the years 1970 to 9999. */
export function isRfc3339Time(timeMs: number): boolean {
  return Number.isInteger(timeMs) && timeMs >= 0 && timeMs <= timeMaxMs
}

/** The time in UTC with milliseconds: `2026-01-31T08:15:00.042Z`. */
export function rfc3339Of(timeMs: number): string {
  const days = Math.floor(timeMs / dayMs)
  const ms = timeMs - days * dayMs
  const [hours, minutes] = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60]
  const seconds = Math.floor(ms / 1_000) % 60
  return `${dateOf(days)}T${pad(hours, 2)}:${pad(minutes, 2)}:${pad(seconds, 2)}.${pad(ms % 1_000, 3)}Z`
}

const form = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d):(\d\d))$/i

/**
 * Milliseconds since 1970 of a time in RFC 3339 with any offset; what is finer than a millisecond is cut off.
 * `undefined` when it is no such time, or not within the years 1970 to 9999.
 */
export function msOfRfc3339(text: string): number | undefined {
  const match = form.exec(text)
  if (!match) return undefined
  const [year = 0, month = 0, day = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1, 7).map(Number)
  const [offsetHours = 0, offsetMinutes = 0] = match.slice(9).map((part) => Number(part ?? 0))
  const days = daysOf(year, month, day)
  // A date that does not exist comes back as another one.
  if (dateOf(days) !== text.slice(0, 10)) return undefined
  // A leap second counts as the last one of its minute.
  if (hours > 23 || minutes > 59 || seconds > 60 || offsetHours > 23 || offsetMinutes > 59) return undefined
  const ms = Number((match[7] ?? '').slice(0, 3).padEnd(3, '0'))
  const offsetMs = (match[8] === '-' ? -1 : 1) * (offsetHours * 60 + offsetMinutes) * 60_000
  const timeMs = days * dayMs + ((hours * 60 + minutes) * 60 + Math.min(seconds, 59)) * 1_000 + ms - offsetMs
  return isRfc3339Time(timeMs) ? timeMs : undefined
}
