/** Finds where services answer, of which there may be several instances that come and go. */
export interface Discovery {
  /**
   * The base addresses of the gateways of a service's instances, as known now, in a lasting order: nothing is asked for
   * it. None while none is known.
   */
  addresses(service: string): readonly string[]
  /**
   * Says that the process at `url` answers for these services, until what it resolves to is called; others know it
   * within seconds. A process that dies, or cannot be heard for seconds, is forgotten by itself. While nobody can be told
   * it is tried again by itself, and does not fail. `isReady` says whether a service takes work here, and is asked again
   * and again: where it does not for some seconds, others find the process only while no other one takes work for it.
   */
  register(
    services: readonly string[],
    url: string,
    isReady?: (service: string) => Promise<boolean>
  ): Promise<() => Promise<void>>
  /** Ends looking, and what was opened for it. What was registered is to be taken back before. */
  close(): Promise<void>
}
