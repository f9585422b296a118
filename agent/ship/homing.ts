/**
 * Failover's way back. While a later server of the list is in use, those before it are tried every PROBE_EVERY: connected to
 * and let go. One that could be reached at every try for RETURN_AFTER is gone back to, so that a server which comes and goes
 * does not take the records with it each time. UDP answers nothing; its try is an empty datagram that no refusal follows.
 */
import type { Clock } from '../types.ts';
import type { Server } from './server.ts';
import type { SessionEvents } from './transport.ts';

/** Time between two rounds of tries, ms. */
const PROBE_EVERY = 10_000;
/** How long a server must have been reachable, ms. */
const RETURN_AFTER = 30_000;

const NOBODY: SessionEvents = { settled() {}, closed() {}, excess: () => 0 };
const NOTHING = Buffer.alloc(0);

/** `back` is called once, with the server to go back to. The result ends the watch. */
export function watchForReturn(servers: readonly Server[], clock: Clock, back: (server: Server) => void): () => void {
  const controller = new AbortController();
  const { signal } = controller;
  const since = new Map<Server, number>();

  async function reachable(server: Server): Promise<boolean> {
    try {
      (await server.connect(signal, NOTHING, NOBODY)).close();
      return true;
    } catch {
      return false;
    }
  }

  async function round(): Promise<void> {
    for (const server of servers) {
      const good = await reachable(server);
      if (signal.aborted) return;
      if (!good) since.delete(server);
      else if (!since.has(server)) since.set(server, clock.ticks());
      else if (clock.ticks() - since.get(server)! >= RETURN_AFTER) {
        controller.abort();
        return back(server);
      }
    }
    cancel = clock.after(PROBE_EVERY, round);
  }

  let cancel = servers.length > 0 ? clock.after(PROBE_EVERY, round) : () => {};
  return () => {
    cancel();
    controller.abort();
  };
}
