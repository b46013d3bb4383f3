/** When every scenario begins: 2026-01-01, midnight UTC, in milliseconds since 1970. */
export const scenarioStartMs = 1_767_225_600_000
