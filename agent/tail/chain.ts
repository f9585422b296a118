/**
 * One chain: a live path and the generations that bore it. It looks at the live file and at every rotated one still read, with
 * one stat each; only where something happened is the directory looked at (`lineage.ts`).
 */
import type { Clues } from '../types.ts';
import type { Chain, ChainParts } from './chain-parts.ts';
import { troubleOf } from './cures.ts';
import { codeOf, type Stat } from './files.ts';
import { clueBefore, readHead, sameHead, sameInode } from './fingerprint.ts';
import { Elsewhere, type Gen } from './generation.ts';
import { createLineage } from './lineage.ts';
import { look } from './rotation.ts';
import type { Listings } from './survey.ts';
import { createTwins } from './twins.ts';

/** How often a rotated file is looked at that was let go, in ms. */
const LOOK_BACK = 15_000;

export function createChain(parts: ChainParts): Chain {
  const { path, input, files, clock, log, handles } = parts;
  const name = { input: input.name };
  let trouble: string | undefined;
  let halted: string | undefined;
  const twins = createTwins(parts);
  /** The path of the chain that reads the file that is here. */
  let alias: string | undefined;
  /** True while a file is left alone until it is known that no other chain reads it. */
  let waits = false;
  /** True once the live path was looked at and led to nothing. */
  let absent = false;
  /** Inode of the live file at the last look. */
  let polled: number | undefined;
  /** Ticks at which a rotated file was last looked at that had been let go. */
  let lookedBack = clock.ticks();
  /** Ticks of the last poll. */
  let polledAt = lookedBack;
  /** Inode of a live file that could not be opened, so that its directory is not listed at every poll. */
  let barred: number | undefined;
  const lineage = createLineage({
    ...parts,
    ticks: () => clock.ticks(),
    changed: () => parts.changed(self),
    foreign(stat) {
      const known = originOf(stat);
      waits ||= known?.isRead === true && parts.owner(stat) === undefined;
      return known?.isRead === true;
    },
    born(generation, found) {
      const { origin } = originOf(found.stat) ?? {};
      const row = parts.registry.add(generation);
      if (origin) parts.origins.goOn(origin, row, found);
      return row;
    },
    ownerOf(gen) {
      if (parts.origins.goesOn(gen)) return 'other';
      waits ||= parts.origins.isFirst();
      return waits ? 'unknown' : 'none';
    },
    isKnown: ({ ino }) => twins.has(ino),
    barred(ino) {
      barred = ino;
      tryOpen();
    },
  });

  function complain(sentence: string | undefined): void {
    if (sentence === trouble) return;
    if (sentence !== undefined) log.warn('file-closed', sentence, name);
    else log.info(`${path} can be read again`, name);
    trouble = sentence;
  }

  function tryOpen(): boolean {
    try {
      files.close(files.open(path));
      return true;
    } catch (error) {
      complain(troubleOf(path, error));
      return false;
    }
  }

  function survey(listings: Listings, why = 'it was asked for'): void {
    waits = false;
    lineage.survey(listings, why, polled);
    if (!lineage.live()) return;
    barred = undefined;
    complain(undefined);
  }

  /** Takes note that a generation grew or changed in place, if what was read of it still stands there; its head hash grows with it. */
  function grown(gen: Gen, stat: Stat): void {
    if (gen.packed === undefined) {
      const head = readHead(files, handles.fd(gen), false);
      if (!sameHead(gen.clues, head)) {
        rewritten(gen, `its first ${gen.clues.headBytes} bytes changed: it was truncated and refilled`);
        return;
      }
      if (head.length > gen.clues.headBytes) lineage.learn(gen, stat, head);
    }
    const marks = gen.end ? [...parts.marks(gen), gen.end] : parts.marks(gen);
    const other = marks.find((mark) => clueBefore(files, handles.fd(gen), mark.offset) !== mark.clue);
    if (other) rewritten(gen, `the bytes before offset ${other.offset} are not those that were there: it was refilled`);
    else lineage.note(gen, stat);
  }

  /** What stood in a file before it was first seen with a byte may have been copied away meanwhile: the directory tells. */
  const isFirstSeen = (gen: Gen, stat: Stat): boolean =>
    gen.place === 'live' &&
    gen.clues.headBytes === 0 &&
    (stat.size > gen.size || (stat.size === 0 && stat.modified !== gen.modified)) &&
    parts.marks(gen).every((mark) => mark.offset === 0);

  function refresh(gen: Gen): void {
    if (gen.place === 'gone') return;
    try {
      const stat = handles.isOpen(gen) ? files.fstat(handles.fd(gen)) : files.stat(gen.path);
      if (!stat || !sameInode(gen.clues, stat)) {
        survey(parts.listings(), `${gen.path} is not what it was`);
        return;
      }
      if (stat.links === 0 && gen.place !== 'live') gen.place = 'deleted';
      if (gen.packed !== undefined || (stat.size === gen.size && stat.modified === gen.modified)) return;
      if (stat.size < gen.size) rewritten(gen, `it shrank from ${gen.size} to ${stat.size} bytes`);
      else if (isFirstSeen(gen, stat)) survey(parts.listings(), `${gen.path} was empty and was written to`);
      else grown(gen, stat);
    } catch (error) {
      failed(gen, error);
    }
  }

  function rewritten(gen: Gen, reason: string): void {
    if (gen.ended || gen.place === 'gone') return;
    if (gen.packed !== undefined) {
      lineage.abandon(gen, reason);
      return;
    }
    gen.ended = true;
    handles.drop(gen);
    log.info(`${gen.path}: ${reason}`, name);
    survey(parts.listings(), reason);
  }

  function failed(gen: Gen, error: unknown): void {
    const damaged =
      gen.packed !== undefined && (codeOf(error).startsWith('Z_') || codeOf(error) === 'ERR_BUFFER_TOO_LARGE');
    if (error instanceof Elsewhere) survey(parts.listings(), error.message);
    else if (damaged) lineage.abandon(gen, `the archive is damaged (${codeOf(error)})`);
    else complain(troubleOf(gen.path, error));
  }

  const originOf = (stat: Stat) => twins.of(stat, self, lineage.gens().length === 0);

  /** Whether the file that has the live path now may be looked into. */
  function admitted(stat: Stat): boolean {
    const known = originOf(stat);
    if (!known?.isRead) {
      alias = undefined;
      return barred !== stat.ino || tryOpen();
    }
    const { file, path: other } = known.origin;
    if (other !== alias) log.info(`${path} is the same file as ${other}: it is read once, there`, name);
    alias = other;
    trouble = undefined;
    const owner = parts.owner(stat);
    for (const gen of owner?.gens() ?? []) if (gen.row.file === file) owner?.refresh(gen);
    return lineage.live() !== undefined || !lineage.surveyed();
  }

  /** The live file; undefined where there is none, `false` where it cannot be looked at. */
  function statLive(): Stat | undefined | false {
    try {
      const stat = files.stat(path);
      if (!stat || stat.kind === 'file') return stat;
      complain(
        stat.kind === 'directory'
          ? `${path} is a folder, not a file: name the files themselves, for example ${path}/*.log`
          : `${path} is a device or a pipe, not a file: only ordinary files can be followed, so name another`,
      );
    } catch (error) {
      complain(troubleOf(path, error));
    }
    return false;
  }

  function isHere(clues: Clues): boolean {
    const stat = statLive();
    return stat !== false && stat !== undefined && sameInode(clues, stat);
  }

  /** Long after a rotation a worker that is about to end may still write to the old file: now and then the newest is looked at. */
  function lookBack(): void {
    const now = clock.ticks();
    // A chain at rest is polled less often, so that the next time may be too late.
    const slack = Math.max(0, now - polledAt - input.poll);
    polledAt = now;
    if (now + slack < lookedBack + LOOK_BACK) return;
    lookedBack = now;
    const old = lineage.gens().findLast((gen) => gen.place === 'rotated' && gen.packed === undefined && !gen.ended);
    if (old && old.readers.size === 0) refresh(old);
  }

  function poll(): boolean {
    const stat = statLive();
    return stat !== false && (lookAgain(stat) || waits || lineage.isPostponed());
  }

  /** As `poll`, with what the live path leads to. */
  function lookAgain(stat: Stat | undefined): boolean {
    absent ||= !stat && lineage.gens().length === 0;
    polled = stat?.ino;
    if (!stat) alias = undefined;
    const before = lineage.live();
    for (const gen of lineage.gens()) if (gen !== before && gen.readers.size > 0) refresh(gen);
    lookBack();
    const live = lineage.live();
    const verdict = look(live && { ...live.clues, size: live.size, modified: live.modified }, stat);
    if (verdict.what === 'nothing') return !lineage.surveyed();
    if (verdict.what === 'gone' || !live || !stat) return verdict.what === 'gone' || admitted(stat!);
    if (verdict.what === 'replaced') return admitted(stat);
    complain(undefined);
    if (verdict.what === 'same') return false;
    if (verdict.what === 'truncated') {
      rewritten(live, verdict.reason);
      return false;
    }
    if (isFirstSeen(live, stat)) return true;
    try {
      grown(live, stat);
    } catch (error) {
      failed(live, error);
    }
    return false;
  }

  const self: Chain = {
    path,
    fresh: () => parts.fresh || absent,
    gens: lineage.gens,
    live: lineage.live,
    halt(reason) {
      if (halted === undefined) log.error('own-records', reason, name);
      halted = reason;
    },
    trouble: () => halted ?? trouble,
    alias: () => alias,
    waits: () => waits || alias !== undefined,
    bears: (clues) => (waits && twins.has(clues.ino)) || (polled === clues.ino && isHere(clues)),
    poll,
    survey,
    refresh,
    rewritten,
    failed,
    release: lineage.release,
    has: ({ dev, ino }) =>
      lineage.gens().some((gen) => gen.place !== 'gone' && gen.clues.ino === ino && gen.clues.dev === dev),
  };
  return self;
}
