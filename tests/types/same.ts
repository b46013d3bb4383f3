/** True when two types are the same, not only assignable to each other. */
export type Same<Left, Right> =
  (<T>() => T extends Left ? 1 : 2) extends <T>() => T extends Right ? 1 : 2 ? true : false

/** Compiles only for types that are the same. */
export function same<Left, Right>(equal: Same<Left, Right>): boolean {
  return equal
}
