import { Failure } from '../core/index.ts'
import { type Gateway, type GatewayOptions, gateway } from '../gateway/index.ts'

/** Ports that are tried, beginning with the one that was asked for. */
const portsTried = 100

/** Listens on the port, or on the first free one behind it. */
export async function listen(options: GatewayOptions): Promise<Gateway> {
  for (let port = options.port; ; port++)
    try {
      return await gateway({ ...options, port })
    } catch (thrown) {
      const isTaken = thrown instanceof Failure && thrown.code === 'PORT_TAKEN'
      if (!isTaken || port - options.port >= portsTried || port >= 65_535) throw thrown
    }
}

/** The address by which programs on this machine reach a gateway that listens on every address. */
export function ownAddress(url: string): string {
  return url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:')
}
