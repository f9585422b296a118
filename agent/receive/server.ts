/**
 * The servers of the collector. Each protocol is a file that opens one listener; a further protocol is a further row in the table.
 */
import { type ListenAddress, readListenUrl } from './address.ts';
import type { Listener, ListenerParts } from './listener.ts';
import { openRelp, openRelps } from './relp.ts';
import { openTcp } from './tcp.ts';
import { openTls } from './tls.ts';
import { openUdp } from './udp.ts';

export type Collector = {
  /** Binds all addresses, or none and throws a ListenProblem. */
  start(): Promise<void>;
  /** The addresses that are bound, with their real ports, in the order in which they were asked for. */
  bound(): readonly string[];
  pause(yes: boolean): void;
  close(): Promise<void>;
};

const PROTOCOLS: Readonly<Record<string, (address: ListenAddress, parts: ListenerParts) => Promise<Listener>>> = {
  udp: openUdp,
  tcp: openTcp,
  tls: openTls,
  relp: openRelp,
  relps: openRelps,
};

/** A collector on the given URLs; throws a ListenProblem for one that cannot be read. */
export function createCollector(parts: ListenerParts & { readonly listen: readonly string[] }): Collector {
  const addresses = parts.listen.map((url) => readListenUrl(url, Object.keys(PROTOCOLS)));
  const listeners: Listener[] = [];

  async function close(): Promise<void> {
    await Promise.all(listeners.splice(0).map((listener) => listener.close()));
  }

  return {
    async start() {
      try {
        for (const address of addresses) listeners.push(await PROTOCOLS[address.scheme]!(address, parts));
      } catch (problem) {
        await close();
        throw problem;
      }
    },
    bound: () => listeners.map(({ url }) => url),
    pause(yes) {
      for (const listener of listeners) listener.pause(yes);
    },
    close,
  };
}
