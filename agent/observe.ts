/** The composition behind everything that shows how the agent is doing: status, control socket, HTTP. */
import { isDeepStrictEqual } from 'node:util';
import { createFileLines } from './file-lines.ts';
import { renderBrief, renderLine } from './ops/brief.ts';
import { openControl } from './ops/control.ts';
import { type Http, openHttp } from './ops/http.ts';
import { createObserver } from './ops/observer.ts';
import { createPage } from './page.ts';
import { positionOrders } from './position-orders.ts';
import { snapshot } from './snapshot.ts';
import { ordersFor } from './spool-orders.ts';
import { StoreProblem } from './store/store.ts';
import type { House, Walk } from './walk.ts';

export type Observed = {
  /** To be called when the configuration has changed. */
  refresh(): void;
  /** To be called whenever something may be about to move. */
  stir(): void;
  /** Writes the status to the log. */
  tell(): void;
  close(): Promise<void>;
};

/** Opens the control socket, and the HTTP page where one is configured. It never throws: what cannot be opened is a warning. */
export async function observe(house: House, walks: readonly Walk[]): Promise<Observed> {
  const { parts, store, bell } = house;
  const { clock, log } = parts;
  const started = clock.now();
  const files = createFileLines(store);
  const observer = createObserver({
    clock,
    after: () => house.config.status.healthAfter,
    looked(look) {
      parts.supervisor?.seen(look && { words: renderLine(look.status), stalled: look.stalled });
      if (look) parts.seen?.(look.status);
    },
    look: (lens) =>
      snapshot({
        ...{ config: house.config, store, files, walks, started, now: clock.now(), complaints: log.complaints(), lens },
      }),
  });
  const { status } = observer;
  const orders = { ...ordersFor(store, log, bell.ring), ...positionOrders(house) };
  const control = await openControl({ path: `${house.config.spool.path}.sock`, log, status, orders });

  const page = createPage({ observer, walks, clock });

  function listen(): Http | undefined {
    const { listen: at, token } = house.config.status;
    return at && openHttp({ listen: at, token, log, clock, status, pages: page.pages });
  }

  let served = house.config.status;
  let http = listen();
  let closing: Promise<unknown> = Promise.resolve();
  return {
    refresh() {
      const { listen: at, token } = house.config.status;
      if (isDeepStrictEqual([at, token], [served.listen, served.token])) return;
      served = house.config.status;
      const old = http;
      closing = closing
        .then(() => old?.close())
        .then(() => {
          http = listen();
        });
    },
    stir: observer.stir,
    tell() {
      try {
        for (const sentence of renderBrief(status())) log.answer.info(sentence);
      } catch (problem) {
        if (!(problem instanceof StoreProblem)) throw problem;
        log.answer.error(problem.explain, problem.message);
      }
    },
    async close() {
      observer.close();
      page.close();
      await closing;
      await Promise.all([control.close(), http?.close()]);
    },
  };
}
