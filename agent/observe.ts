/** The composition behind everything that shows how the agent is doing: status, control socket, HTTP. */
import { openControl } from './ops/control.ts';
import { type Http, openHttp } from './ops/http.ts';
import { createObserver } from './ops/observer.ts';
import { snapshot } from './snapshot.ts';
import { orderedDrop } from './spool-drop.ts';
import type { House, Walk } from './walk.ts';

export type Observed = { close(): Promise<void> };

/** Opens the control socket, and the HTTP page where one is configured. It never throws: what cannot be opened is a warning. */
export async function observe({ parts, store }: House, walks: readonly Walk[]): Promise<Observed> {
  const { config, clock, log } = parts;
  const started = clock.now();
  const { listen, token, healthAfter } = config.status;
  const observer = createObserver({
    ...{ clock, after: healthAfter },
    look: (lens) => snapshot({ config, store, walks, started, now: clock.now(), complaints: log.complaints(), lens }),
  });
  const { status } = observer;
  const orders = { '/spool/drop': (body: string) => orderedDrop(store, log, body) };
  const control = await openControl({ path: `${config.spool.path}.sock`, log, status, orders });
  const http: Http | undefined = listen && openHttp({ listen, token, log, clock, status, pages: {} });
  return {
    async close() {
      observer.close();
      await Promise.all([control.close(), http?.close()]);
    },
  };
}
