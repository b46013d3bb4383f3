/** What a call of the kit failed with: its words, and whether it points to the line of the call. */
export function failureOf(call: () => unknown): {
  readonly name: string
  readonly message: string
  readonly at: string
} {
  try {
    call()
  } catch (thrown) {
    const error = thrown as Error
    const frame = error.stack?.slice(error.stack.indexOf(error.message) + error.message.length) ?? ''
    return { name: error.name, message: error.message, at: frame.trim().split('\n')[0] ?? '' }
  }
  throw new Error('The call did not fail.')
}
