/**
 * The generations of one chain, oldest first, as all walks share them: who is who is decided by `rotation.ts`, carried out here, and
 * written down before anyone reads a byte of it.
 */
import type { Clues, FileId } from '../types.ts';
import { HEAD_BYTES } from '../wire/clue.ts';
import { realPath, type Stat } from './files.ts';
import { cluesOf } from './fingerprint.ts';
import { fromRow, type Gen } from './generation.ts';
import { allKnown, earlyEnd, holdOpen, isOutgrown } from './known.ts';
import type { Lineage, LineageParts } from './lineage-parts.ts';
import { createLosses } from './losses.ts';
import { asDated, forget, inOrder, placeOf, REMEMBERED } from './order.ts';
import { inWords, recognise } from './rotation.ts';
import type { Sighting } from './rotation-parts.ts';
import { areMoved, type Candidate, type Listings, survey, wasOvertaken } from './survey.ts';

/** Of files below this size the first bytes are kept in memory, not their hash alone. */
const SMALL = 16 * 1024;
/** So many looks that fall into the middle of a rotation are put off in a row. */
const PATIENCE = 10;

export function createLineage(parts: LineageParts): Lineage {
  const { path, input, files, log, registry, handles } = parts;
  const name = { input: input.name };
  const losses = createLosses(parts);
  let gens: Gen[] = asDated(parts.known.slice(-4 * REMEMBERED).map((row) => fromRow(row, parts.ticks())));
  let live: Gen | undefined;
  let surveyed = false;
  /** Generations that are missing, and from where they are unread, as long as another chain may have them. */
  const undecided = new Map<Gen, number>();
  let busy = false;
  /** Looks in a row that fell into the middle of a rotation. */
  let postponed = 0;
  let real = path;

  function remember(gen: Gen, change: { readonly clues?: Clues; readonly path?: string }): void {
    if (change.clues) gen.clues = change.clues;
    if (change.path !== undefined) gen.path = change.path;
    registry.update(gen.row.file, change);
  }

  function learn(gen: Gen, stat: Stat, head: Uint8Array): void {
    gen.start = stat.size < SMALL ? Uint8Array.from(head) : undefined;
    if (head.length > gen.clues.headBytes) remember(gen, { clues: cluesOf(stat, head) });
  }

  function touch(gen: Gen): void {
    gen.version += 1;
    gen.quietSince = parts.ticks();
    // While it is being said who is who, nobody may act on the half of it.
    if (!busy) parts.changed();
  }

  function note(gen: Gen, stat: Stat): void {
    if (stat.size === gen.size && stat.modified === gen.modified) return;
    gen.size = stat.size;
    gen.modified = stat.modified;
    if (gen.size >= SMALL) gen.start = undefined;
    gen.end ??= earlyEnd(gen, files, handles);
    touch(gen);
  }

  function settle(gen: Gen, found: Candidate): void {
    const place = found.live ? 'live' : 'rotated';
    if (gen.place === 'live' && place === 'rotated') {
      log.info(`${path} was rotated to ${found.path}; it is read to its end`, name);
    }
    if (gen.place !== place) touch(gen);
    gen.place = place;
    if (gen.path !== found.path || gen.row.path === undefined) remember(gen, { path: found.path });
    gen.packed = found.packed;
    if (found.packed !== undefined) {
      gen.size = found.unpacked(gen.size) ?? gen.size;
      return;
    }
    const head = gen.clues.headBytes < HEAD_BYTES ? found.head() : undefined;
    if (head && head.length >= gen.clues.headBytes) learn(gen, found.stat, head);
    note(gen, found.stat);
  }

  function same(gen: Gen, sighting: Sighting, found: Candidate): void {
    gen.reason = sighting.reason;
    settle(gen, found);
    if (!handles.isOpen(gen)) holdOpen(gen, found, parts.unread(gen), handles);
  }

  /** The content of `gen` lies in another file: it is read on there, unless its own file is still open and holds as much. */
  function copied(gen: Gen, sighting: Sighting, found: Candidate): void {
    const size = found.packed === undefined ? found.stat.size : (found.unpacked(gen.size) ?? gen.size);
    if (handles.isOpen(gen) && !isOutgrown(gen, size, files, handles)) {
      registry.update(gen.row.file, { path: found.path });
      nameless(gen);
      return;
    }
    handles.drop(gen);
    const unread = parts.unread(gen);
    if (unread !== undefined && Math.max(unread, size) < gen.size)
      losses.lose(gen, Math.max(unread, size), 'truncated');
    log.info(`${found.path} holds the content of an earlier ${path}: what was not read yet is read from it`, name);
    gen.ended = false;
    gen.size = size;
    if (gen.end && gen.end.offset > size) gen.end = undefined;
    const { dev, ino, birth } = found;
    const head = found.head();
    const short = head && head.length < gen.clues.headBytes;
    remember(gen, { clues: short ? cluesOf(found.stat, head) : { ...gen.clues, dev, ino, birth } });
    touch(gen);
    same(gen, sighting, found);
  }

  /** No file of the chain is this generation any more, but it is open. */
  function nameless(gen: Gen): void {
    const stat = files.fstat(handles.fd(gen));
    if (gen.packed === undefined && stat.size > gen.size) note(gen, stat);
    const place = stat.links === 0 ? 'deleted' : 'rotated';
    if (gen.place !== place) {
      const what = place === 'deleted' ? 'was deleted' : 'was moved out of sight';
      log.info(`${gen.path} ${what}; it is read to its end through the open file`, name);
      gen.place = place;
      touch(gen);
    }
  }

  function giveUp(gen: Gen): void {
    gen.place = 'gone';
    gen.lost = true;
    handles.drop(gen);
    touch(gen);
  }

  function abandon(gen: Gen, reason: string): void {
    losses.unreadable(gen, parts.unread(gen) ?? gen.size, reason);
    giveUp(gen);
  }

  function release(gen: Gen, reason: string): void {
    log.warn('deleted-unread', `${gen.path} was deleted and is let go before it was read to its end: ${reason}`, name);
    losses.lose(gen, Math.min(gen.size, parts.unread(gen) ?? gen.size), 'deleted');
    registry.update(gen.row.file, { path: undefined });
    giveUp(gen);
  }

  function vanished(gen: Gen): void {
    if (gen.place === 'gone' && (surveyed || gen.row.path === undefined)) return;
    const unread = undecided.get(gen) ?? parts.unread(gen);
    const owner = unread === undefined ? 'other' : parts.ownerOf(gen);
    if (unread !== undefined && owner === 'unknown') undecided.set(gen, unread);
    else undecided.delete(gen);
    if (undecided.has(gen)) return;
    if (unread !== undefined && owner === 'none') losses.vanished(gen, unread, !surveyed);
    registry.update(gen.row.file, { path: undefined });
    giveUp(gen);
  }

  function add(sighting: Sighting, found: Candidate, previous: FileId | undefined): Gen | undefined {
    if (found.packed !== undefined && found.packed !== 'gz') {
      losses.neverRead(found, `cannot be unpacked here (.${found.packed}); let rotation use gzip or delaycompress`);
      return undefined;
    }
    const head = found.head() ?? new Uint8Array();
    const clues = cluesOf(found.stat, head);
    // By the clock that stamps the files: that of this host may jump, or differ from a file server's.
    const firstSeen = Math.max(found.stat.modified, found.stat.birth);
    const row = { input: input.name, chain: path, path: found.path, clues, previous, firstSeen };
    const gen = fromRow(parts.born(row, found), parts.ticks());
    gen.place = found.live ? 'live' : 'rotated';
    gen.reason = sighting.reason;
    learn(gen, found.stat, head);
    gen.packed = found.packed;
    gen.modified = found.stat.modified;
    gen.size = found.packed === undefined ? found.stat.size : (found.unpacked(head.length) ?? head.length);
    const fd = found.takeFd();
    if (fd !== undefined) handles.adopt(gen, fd);
    gen.end ??= earlyEnd(gen, files, handles);
    touch(gen);
    if (previous !== undefined) log.info(`${found.path} is read as a new generation: ${sighting.reason}`, name);
    return gen;
  }

  /** `empty` are the generations of which not one byte had been seen at the last look. */
  function apply(sightings: readonly Sighting[], candidates: readonly Candidate[], empty: ReadonlySet<FileId>): void {
    const matched = new Set<Gen>();
    let now: Gen | undefined;
    const pairs = sightings.map((sighting, index) => ({ sighting, found: candidates[index]! }));
    for (const gen of gens.filter((one) => sightings.some(({ instead }) => instead === one.row.file))) {
      gen.ended = true;
      handles.drop(gen);
    }
    for (const { sighting, found } of pairs) {
      const gen = gens.find((one) => one.row.file === sighting.file);
      if (!gen) continue;
      matched.add(gen);
      if (sighting.what === 'copy') copied(gen, sighting, found);
      else same(gen, sighting, found);
      if (found.live) now = gen;
    }
    for (const gen of gens) {
      if (matched.has(gen)) continue;
      if (handles.isOpen(gen)) nameless(gen);
      else vanished(gen);
    }
    const order = inOrder(gens, sightings, now);
    const emptied = new Set(gens.filter((gen) => empty.has(gen.row.file) && !matched.has(gen)));
    for (const [index, { sighting, found }] of pairs.entries()) {
      if (sighting.what === 'unreadable' && found.live) parts.barred(found.ino);
      else if (sighting.what === 'unreadable' && !found.vanished()) losses.neverRead(found, 'cannot be read (rights)');
      if (sighting.what !== 'new' && sighting.what !== 'missed') continue;
      const at = found.live ? order.length : placeOf(sighting, sightings.slice(index + 1), order, emptied);
      const gen = add(sighting, found, order[at - 1]?.row.file);
      if (gen && found.live) now = gen;
      else if (gen) order.splice(at, 0, gen);
    }
    const copy = sightings.find((one) => one.unfinished)?.found;
    if (now && copy) now.copy = { dev: copy.dev, ino: copy.ino, birth: copy.birth };
    live = now;
    gens = forget(now ? [...order, now] : order);
  }

  /** Looks `again` where something was renamed, packed or removed meanwhile: only what lay there all at once tells who is who. */
  function lookInto(listings: Listings, why: string, polled: number | undefined, again = 8): void {
    // A link that leads nowhere for the moment: the folder to which it led last is where its old files are.
    real = realPath(files, path) ?? real;
    const paths = gens.filter((gen) => gen.place !== 'gone' || !surveyed).map((gen) => gen.path);
    const all = survey(files, path, real, paths, { listings, polled });
    const candidates = all.filter((one) => !parts.foreign(one.stat));
    busy = true;
    try {
      const known = allKnown(gens, candidates, { files, handles, learn, marks: parts.marks });
      const sightings = recognise(known, candidates, input.start, parts.isKnown);
      if (again > 0 && wasOvertaken(files, all, listings, real)) {
        lookInto(listings, why, undefined, again - 1);
        return;
      }
      // What is said of half a rotation is wrong: it is better said at the next poll.
      postponed = again === 0 && areMoved(files, all) && postponed < PATIENCE ? postponed + 1 : 0;
      if (postponed > 0) return;
      log.debug(`${path} was looked into, because ${why}: ${inWords(sightings)}`, name);
      apply(sightings, candidates, new Set(known.filter((one) => one.empty).map((one) => one.file)));
    } finally {
      busy = false;
      for (const one of all) one.release();
    }
    surveyed = undecided.size === 0;
    parts.changed();
  }

  return {
    gens: () => gens,
    live: () => live,
    surveyed: () => surveyed,
    isPostponed: () => postponed > 0,
    abandon,
    release,
    note,
    learn,
    survey: (listings, why, polled) => lookInto(listings, why, polled),
  };
}
