/** What a new configuration changes, by name. Pure. */
import { isDeepStrictEqual } from 'node:util';
import type { Config, DestinationConfig, InputConfig } from './types.ts';

export type Plan = {
  readonly inputs: {
    readonly added: readonly InputConfig[];
    readonly removed: readonly InputConfig[];
    /** Followed in another way: its files are looked for anew. */
    readonly refollowed: readonly InputConfig[];
    /** The same files, and other records of their lines. */
    readonly reshaped: readonly InputConfig[];
  };
  readonly destinations: {
    readonly added: readonly DestinationConfig[];
    readonly removed: readonly DestinationConfig[];
    /** Other servers, or another way to them. */
    readonly relinked: readonly DestinationConfig[];
    /** Other records. A destination can be relinked too. */
    readonly rerecorded: readonly DestinationConfig[];
  };
  readonly spool: boolean;
  readonly status: boolean;
  readonly log: boolean;
  readonly agent: boolean;
};

type Named = { readonly name: string };

export function planOf(now: Config, next: Config): Plan {
  const inputs = pairs(now.inputs, next.inputs);
  const destinations = pairs(now.destinations, next.destinations);
  const refollows = ([before, after]: readonly [InputConfig, InputConfig]) =>
    !isDeepStrictEqual({ ...before, transform: undefined }, { ...after, transform: undefined });
  const differs = inputs.both.filter(([before, after]) => !isDeepStrictEqual(before, after));
  const changed = (key: 'link' | 'record') =>
    destinations.both
      .filter(([before, after]) => !isDeepStrictEqual(before[key], after[key]))
      .map(([, after]) => after);
  return {
    inputs: {
      ...{ added: inputs.added, removed: inputs.removed },
      refollowed: differs.filter(refollows).map(([, after]) => after),
      reshaped: differs.filter((pair) => !refollows(pair)).map(([, after]) => after),
    },
    destinations: {
      ...{ added: destinations.added, removed: destinations.removed },
      ...{ relinked: changed('link'), rerecorded: changed('record') },
    },
    spool: !isDeepStrictEqual(now.spool, next.spool),
    status: !isDeepStrictEqual(now.status, next.status),
    log: !isDeepStrictEqual(now.log, next.log),
    agent: !isDeepStrictEqual(now.agent, next.agent),
  };
}

function pairs<T extends Named>(now: readonly T[], next: readonly T[]) {
  const find = (list: readonly T[], name: string) => list.find((one) => one.name === name);
  return {
    added: next.filter(({ name }) => !find(now, name)),
    removed: now.filter(({ name }) => !find(next, name)),
    both: now.flatMap((before): (readonly [T, T])[] => {
      const after = find(next, before.name);
      return after ? [[before, after]] : [];
    }),
  };
}

/** `input web added; destination syslog changed`; undefined where nothing changes. */
export function planText({ inputs, destinations, spool, status, log, agent }: Plan): string | undefined {
  const named = (what: string, list: readonly Named[], how: string) => list.map(({ name }) => `${what} ${name} ${how}`);
  const changed = new Map([...destinations.relinked, ...destinations.rerecorded].map((one) => [one.name, one]));
  const words = [
    ...named('input', inputs.added, 'added'),
    ...named('input', inputs.removed, 'removed'),
    ...named('input', [...inputs.refollowed, ...inputs.reshaped], 'changed'),
    ...named('destination', destinations.added, 'added'),
    ...named('destination', destinations.removed, 'removed'),
    ...named('destination', [...changed.values()], 'changed'),
    ...(spool ? ['spool changed'] : []),
    ...(status ? ['status changed'] : []),
    ...(log ? ['log changed'] : []),
    ...(agent ? ['agent changed'] : []),
  ];
  return words.length > 0 ? words.join('; ') : undefined;
}
