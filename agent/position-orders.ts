/** What a running agent does at its control socket for `tailship rewind` and `tailship forget`. */
import * as z from 'zod/mini';
import { forgetGenerations, inputsOf, movePositions, type Target } from './positions.ts';
import type { House } from './walk.ts';

const TARGET = z.strictObject({ what: z.string(), file: z.string() });
const PLACE = z.extend(TARGET, { to: z.string() });

/** What a POST to `/rewind` (a target and `to`) and `/forget` (a target) does. Gives JSON, and throws an Error with a sentence. */
export function positionOrders(house: House): Readonly<Record<string, (body: string) => Promise<string>>> {
  const { clock, log, changes, once } = house.parts;
  const { store } = house;

  /** Does `work` while nobody reads the inputs that `target` concerns. */
  function still<T>(target: Target, work: () => T): Promise<T> {
    if (!changes || once)
      throw new Error('This agent ends by itself when it has shipped what is there. Move positions afterwards.');
    const { ask } = changes;
    const inputs = inputsOf(house.config, store, target);
    return new Promise((resolve, reject) => {
      let result: T;
      ask.call(changes, {
        inputs,
        work() {
          result = work();
        },
        done: (problem) => (problem === undefined ? resolve(result) : reject(problem)),
      });
    });
  }

  return {
    async '/rewind'(body) {
      const target = PLACE.parse(JSON.parse(body));
      const moved = await still(target, () => movePositions({ config: house.config, store, now: clock.now() }, target));
      for (const { path, destination, from = 0, to } of moved)
        log.answer.info(`By hand, ${path} goes on at byte ${to} instead of ${from}.`, { destination });
      return JSON.stringify(moved);
    },
    async '/forget'(body) {
      const target = TARGET.parse(JSON.parse(body));
      const count = await still(target, () => forgetGenerations(house.config, store, target));
      log.answer.info(`By hand, ${count} generations of ${target.what} were forgotten.`);
      return JSON.stringify(count);
    },
  };
}
