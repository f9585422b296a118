/** Destinations that the state knows and the configuration has no more, for `status` and `check`. */
import type { Orphan } from './ops/status.ts';
import type { Inspection } from './store/inspect.ts';
import type { Store } from './store/store.ts';
import type { Config } from './types.ts';

type Ledger = Inspection['ledger'];

export const NO_ROWS: Orphan['spool'] = { rows: 0, lines: 0, bytes: 0, oldest: undefined };

/** From the running agent's store, whose `ledger` is at hand, or from a look at the state of one that is stopped. Throws StoreProblem. */
export function orphansOf(config: Config, state: Inspection | Pick<Store, 'spooled'>, ledger: Ledger): Orphan[] {
  const stopped = 'spools' in state;
  const known = [...ledger.map((row) => row.destination), ...(stopped ? state.spools.keys() : [])];
  const gone = [...new Set(known)].filter((name) => !config.destinations.some((one) => one.name === name));
  return gone.map((name) => ({
    name,
    spool: stopped ? (state.spools.get(name) ?? NO_ROWS) : state.spooled(name),
  }));
}
