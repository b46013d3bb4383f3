import { fail } from './failure.ts'

const kebab = /^[a-z][a-z0-9-]{0,62}$/
const reservedNames = new Set(['feed', 'admin', 'assets', 'health', 'inbox'])

/** Refuses a name that is not kebab-case. */
export function checkKebab(what: string, name: string): void {
  if (!kebab.test(name))
    fail('DEFINITION_INVALID', {
      hint: `${what} '${name}' must be kebab-case, such as 'order-history', 63 letters at most.`
    })
}

/** Refuses a name that an address needs, or the subscription that every service has of its own, `inbox`. */
export function checkName(what: string, name: string): void {
  checkKebab(what, name)
  if (reservedNames.has(name)) fail('DEFINITION_INVALID', { hint: `${what} '${name}' is a reserved name.` })
}
