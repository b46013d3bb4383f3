/** The name of an event among all services, `service/Type`: by it, what hears events keeps its rules. */
export function eventName({ service, type }: { readonly service: string; readonly type: string }): string {
  return `${service}/${type}`
}
