/**
 * Follows the files of one input: finds them, knows them again, and gives out what they hold, chunk by chunk, to every destination
 * at its own pace. What is found and who is who is shared; how far one has read is not.
 */
import path from 'node:path';
import type { Generation } from '../types.ts';
import { linesOf } from '../wire/lines.ts';
import { wordsOf } from '../wire/words.ts';
import { FileChain } from './chain.ts';
import type { Chain } from './chain-parts.ts';
import { createDiscovery } from './discovery.ts';
import { createHandles, type Gen } from './generation.ts';
import type { HarvesterParts } from './harvester-parts.ts';
import { createHints } from './hints.ts';
import { createHold } from './hold.ts';
import { bytesAtRisk, leave } from './leaving.ts';
import type { ChainParts } from './lineage-parts.ts';
import { createLosses } from './losses.ts';
import { createOrigins } from './origins.ts';
import { createOwners } from './owners.ts';
import { patient } from './patience.ts';
import { expectMore } from './read-on.ts';
import { createListings, type Listings } from './survey.ts';
import type { Tail, TailParts } from './tail-parts.ts';
import { createPassed, createTroubles } from './troubles.ts';
import { createTurns } from './turns.ts';
import { createTwins } from './twins.ts';
import { createWalk, type InnerWalk } from './walk.ts';
import { createWatch, type Watch } from './watch.ts';

export { createShared, type Shared } from './owners.ts';
export type { Registry } from './registry.ts';
export type { Tail, TailParts } from './tail-parts.ts';
export type { TailWalk } from './walk.ts';

/** So many chains that are found at the start are written down in one transaction. */
const AT_ONCE = 256;
const NOWHERE: ReadonlySet<string> = new Set();

export function createTail(parts: TailParts): Tail {
  const { input, clock, log, registry } = parts;
  const name = { input: input.name };
  const files = patient(parts.files, () => handles.makeRoom());
  const handles = createHandles(files, parts.openFiles);
  const harvesters: HarvesterParts = { ...parts, input: input.name, maxLine: input.maxLine, lines: linesOf(input) };
  const hold = createHold(input, clock);
  const chains = new Map<string, Chain>();
  const walks: InnerWalk[] = [];
  /** Live paths of which the registry knows generations, and that are none of the chains now. */
  const past = new Set<string>();
  const share = parts.shared?.join(input.name, (file) => owners.of(file) !== undefined);
  const owners = createOwners(
    (chain) => chains.get(chain.path) === chain,
    (gen) => share?.saw(gen),
  );
  const origins = createOrigins({
    ...{ input: input.name, clock, log, registry, chains: () => chains.values(), walks: () => walks },
    isFirst: () => unseen,
  });
  const turns = createTurns({
    ...{ chains, files, clock, poll: input.poll },
    hears: (directory) => watch?.hears(directory) ?? false,
    isRead: (chain, gen) => (unread(chain, gen) ?? gen.size) >= gen.size,
    rests(chain) {
      for (const walk of walks) walk.rest(chain);
    },
  });
  const sayTroubles = createTroubles(log, name);
  const sayPassed = createPassed(log, name);
  const discovery = createDiscovery(files, input, (live) => chains.has(live) || past.has(live));
  const hints = createHints({
    ...{ clock, chains, names: discovery.names },
    readOn(chain) {
      const expected = phase !== 'closed' && expectMore(chain, clock, handles);
      if (expected) offer(chain);
      return expected;
    },
    look(some) {
      if (phase !== 'closed') carefully(() => (some === 'all' ? round() : lookAt(some)));
    },
  });
  const elsewhere =
    input.rotated === undefined ? undefined : createDiscovery(files, { ...input, paths: [input.rotated] });
  let phase: 'new' | 'started' | 'closed' = 'new';
  let atStart: ReadonlyMap<string, readonly Generation[]> | undefined;
  let first = true;
  /** What discovery found last. */
  let found = NOWHERE;
  /** True until every chain was looked at once. */
  let unseen = true;
  let cancel: (() => void) | undefined;
  let watch: Watch | undefined;

  const listings = (): Listings => createListings(files, () => elsewhere?.paths() ?? NOWHERE);

  function unread(chain: Chain, gen: Gen): number | undefined {
    const offsets = walks.flatMap((walk) => walk.unread(chain, gen) ?? []);
    return offsets.length > 0 ? Math.min(...offsets) : undefined;
  }

  const chainParts: ChainParts = {
    ...{ input, files, clock, log, about: name, registry, handles, listings, changed, noted, origins, unread },
    ...{ losses: createLosses(parts), owner: owners.of, twins: createTwins(owners.of, origins) },
    marks: (chain, gen) => walks.flatMap((walk) => walk.mark(chain, gen) ?? []),
  };

  function noted(): void {
    for (const walk of walks) walk.noted();
  }

  function changed(chain: Chain): void {
    turns.moved(chain);
    owners.note(chain);
    offer(chain);
  }

  function offer(chain: Chain): void {
    for (const walk of walks) walk.note(chain);
    parts.wake();
  }

  /** What the registry knows of a chain. At the start it is asked once for all. */
  function rowsOf(live: string): readonly Generation[] {
    if (phase === 'new') atStart ??= Map.groupBy(registry.generations(input.name), (row) => row.chain);
    return atStart?.get(live) ?? registry.generations(input.name).filter((row) => row.chain === live);
  }

  function add(live: string, fresh: boolean): void {
    const known = past.has(live) ? rowsOf(live) : [];
    past.delete(live);
    const chain = new FileChain(chainParts, live, known, fresh);
    chains.set(live, chain);
    turns.moved(chain);
  }

  /** Finds files that came since the last look, and forgets chains of globs of which nothing is left. */
  function discover(): void {
    const before = new Set(discovery.troubles().keys());
    const paths = discovery.paths();
    sayTroubles(discovery.troubles());
    sayPassed(discovery.passed());
    const same = paths === found;
    if (!same) for (const live of paths) if (!chains.has(live)) add(live, !first && !before.has(path.dirname(live)));
    // A chain known from before may have lost its live file meanwhile, and nothing else. It is looked into before it is forgotten.
    const kept = first ? [...past].filter((live) => discovery.names(live)) : [];
    for (const live of kept) add(live, false);
    found = paths;
    const leaving = first ? [] : same ? turns.restless() : chains.values();
    const over = [...leaving].filter(isOver);
    const aliases = new Set(over.length > 0 ? [...chains.values()].map((chain) => chain.alias()) : []);
    for (const chain of over) if (!aliases.has(chain.path)) forget(chain);
    watch?.directories(discovery.directories(), paths);
    first = false;
  }

  /** Whether no path or glob names a chain, and nothing is left of it. */
  const isOver = (chain: Chain): boolean =>
    !found.has(chain.path) && !chain.live() && !chain.gens().some((gen) => gen.readers.length > 0);

  function forget(chain: Chain): void {
    chains.delete(chain.path);
    past.add(chain.path);
    turns.forget(chain);
    for (const walk of walks) walk.forget(chain);
  }

  /** Looks at some chains. Directories are listed after the last live file was looked at, so that no rotation falls in between. */
  function lookAt(some: Iterable<Chain>): void {
    const due = [...some].filter((chain) => chain.poll());
    if (due.length === 0) return;
    const shared = listings();
    const surveyAll = (all: readonly Chain[]): void => {
      for (const chain of all) chain.survey(shared, 'its live file is not what it was');
    };
    // A transaction that fails takes back what was written of chains that are known here by then: at the start nothing comes of that.
    const atOnce = phase === 'new' ? AT_ONCE : due.length;
    const write = phase === 'new' ? registry.transaction : (work: () => void) => work();
    for (let at = 0; at < due.length; at += atOnce) write(() => surveyAll(due.slice(at, at + atOnce)));
  }

  function round(): void {
    if (phase === 'closed') return;
    hints.clear();
    discover();
    lookAt(watch ? turns.due() : chains.values());
    if (unseen) {
      unseen = false;
      lookAt([...chains.values()].filter((chain) => chain.waits()));
    }
    origins.forget();
    hold.enforce(chains.values());
  }

  /** What spoils a look, such as a full disk under the registry, does not end the agent: the next poll looks again. */
  function carefully(work: () => void): void {
    try {
      work();
    } catch (error) {
      const what = `The files could not be looked at: ${wordsOf(error)} It is tried again at the next poll.`;
      log.error('files-unseen', what, name);
    }
  }

  function tick(): void {
    carefully(round);
    if (phase !== 'closed') cancel = clock.after(input.poll, tick);
  }

  function startWatch(): void {
    watch = (parts.watch ?? createWatch)({
      hint: hints.take,
      failed(code) {
        watch = undefined;
        const cure = 'raise fs.inotify.max_user_watches and max_user_instances for a quicker response';
        const instead = `files are looked at every ${input.poll} ms instead; ${cure}`;
        log.warn('no-file-events', `File events are not to be had (${code}): ${instead}`, name);
      },
    });
    watch.directories(discovery.directories(), found);
  }

  const allGens = (): Gen[] => [...chains.values()].flatMap((chain) => chain.gens());

  return {
    walk(destination, opened, closed) {
      const walk = createWalk({
        ...{ ...parts, files, destination, opened, closed, handles, harvesters },
        chains: () => chains.values(),
        started: () => phase !== 'new',
      });
      walks.push(walk);
      for (const chain of chains.values()) walk.note(chain);
      return walk;
    },
    leave: (walk) => leave(walk, walks, allGens(), handles),
    atRisk: (settled) => bytesAtRisk(allGens(), settled),
    start() {
      for (const row of registry.generations(input.name)) past.add(row.chain);
      round();
      phase = 'started';
      atStart = undefined;
      cancel = clock.after(input.poll, tick);
      if (input.watch === 'auto' && !parts.once) startWatch();
      parts.wake();
    },
    async close() {
      phase = 'closed';
      share?.leave();
      cancel?.();
      for (const walk of walks) walk.close();
      handles.close();
      await watch?.close();
    },
  };
}
