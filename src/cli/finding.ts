/** One thing that the doctor looked at. */
export interface Finding {
  /** A warning is something to know of; a fault is something to mend. */
  readonly level: 'ok' | 'warning' | 'fault'
  readonly about: string
  readonly text: string
  /** What mends it, exactly. */
  readonly mend?: string
  /** Those that it concerns, where one finding is about several services. */
  readonly services?: readonly string[]
}

export function ok(about: string, text: string): Finding {
  return { level: 'ok', about, text }
}

export function warning(about: string, text: string, mend: string): Finding {
  return { level: 'warning', about, text, mend }
}

export function fault(about: string, text: string, mend: string): Finding {
  return { level: 'fault', about, text, mend }
}
