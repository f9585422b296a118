/**
 * The generations of one chain, oldest first, as all walks share them: who is who is decided by `rotation.ts`, carried out here, and
 * written down before anyone reads a byte of it. There may be ten thousand of these, so what they have in common stands in `parts`.
 */
import type { FileId, Generation } from '../types.ts';
import { HEAD_BYTES } from '../wire/clue.ts';
import type { Candidate } from './candidate.ts';
import { cluesOf } from './fingerprint.ts';
import { fromRow, type Gen } from './generation.ts';
import { allKnown, ask, earlyEnd, endOf, holdOpen, isOutgrown } from './known.ts';
import type { LineageOwner, LineageParts } from './lineage-parts.ts';
import { Notes } from './notes.ts';
import { asDated, forget, inOrder, placeOf, REMEMBERED } from './order.ts';
import { inWords, recognise } from './rotation.ts';
import type { Sighting } from './rotation-parts.ts';
import { areMoved, type Listings, survey, wasOvertaken } from './survey.ts';

/** Looks that did not see all, or fell into the middle of a rotation, are put off for so long, in ms. */
const PATIENCE = 10_000;

export class Lineage extends Notes {
  /** Oldest first. */
  gens: readonly Gen[];
  live: Gen | undefined;
  /** True once it is known of every generation where it is, or that it is gone. */
  surveyed = false;
  /** Ticks since when no look has seen all at once, so that nothing was decided. */
  postponed: number | undefined;
  /** Generations that are missing, and from where they are unread, as long as another chain may have them. */
  private undecided: Map<Gen, number> | undefined;
  /** Where the live path led to last. */
  private real: string;

  /** `known` is what the registry knows of the chain, oldest first. */
  constructor(parts: LineageParts, chain: LineageOwner, known: readonly Generation[]) {
    super(parts, chain);
    this.gens = asDated(known.slice(-4 * REMEMBERED).map((row) => fromRow(row, parts.clock.ticks())));
    this.real = chain.path;
  }

  /**
   * Looks at every file of the chain and says anew who is who; `why` it was looked. The listings serve as long as the live file is
   * still the one with the inode `polled`; else its folder is listed anew. It is looked `again` where something was renamed, packed
   * or removed meanwhile: only what lay there all at once tells who is who.
   */
  survey(listings: Listings, why: string, polled: number | undefined, again = 8): void {
    const { files, log, about, input, handles } = this.parts;
    const { chain } = this;
    const paths = this.gens.filter((gen) => gen.place !== 'gone' || !this.surveyed).map((gen) => gen.path);
    const refusals = files.refusals();
    const seen = survey(files, chain.path, this.real, paths, { listings, polled });
    const { all, real } = seen;
    this.real = real === chain.path ? chain.path : real;
    const candidates = all.filter((one) => !chain.isForeign(one.stat));
    this.busy = true;
    try {
      const marks = (gen: Gen) => this.parts.marks(chain, gen);
      const known = allKnown(this.gens, candidates, { files, handles, marks });
      const sightings = recognise(known, candidates, input.start, (found) => chain.isKnown(found));
      const isWhole = files.refusals() === refusals;
      if (again > 0 && isWhole && wasOvertaken(files, seen, listings)) {
        this.survey(listings, why, undefined, again - 1);
        return;
      }
      // What is said of half a rotation, or without what was refused for the moment, is wrong: it is better said at the next poll.
      const isTorn = !isWhole || (again === 0 && areMoved(files, all));
      if (isTorn) {
        const now = this.parts.clock.ticks();
        this.postponed ??= now;
        if (now - this.postponed < PATIENCE) return;
      }
      this.postponed = undefined;
      log.debug(`${chain.path} was looked into, because ${why}: ${inWords(sightings)}`, about);
      for (const [at, one] of known.entries()) this.keep(this.gens[at]!, one);
      this.apply(sightings, candidates, new Set(known.filter((one) => one.empty).map((one) => one.file)));
    } finally {
      this.busy = false;
      for (const one of all) one.release();
    }
    this.surveyed = this.undecided === undefined;
    chain.changed();
  }

  /** Gives up a generation whose bytes cannot be had though its file is there. */
  abandon(gen: Gen, reason: string): void {
    this.parts.losses.unreadable(gen, this.unread(gen) ?? gen.size, reason);
    this.giveUp(gen);
  }

  /** Lets a deleted generation go before it was read to its end; what is unread counts as lost. */
  release(gen: Gen, reason: string): void {
    const { log, losses, registry, about } = this.parts;
    log.warn('deleted-unread', `${gen.path} was deleted and is let go before it was read to its end: ${reason}`, about);
    losses.lose(gen, Math.min(gen.size, this.unread(gen) ?? gen.size), 'deleted');
    registry.update(gen.file, { path: undefined });
    this.giveUp(gen);
  }

  /** Takes note of where a generation lies now. */
  private locate(gen: Gen, found: Candidate): void {
    const { log, about } = this.parts;
    const place = found.live ? 'live' : 'rotated';
    if (gen.place === 'live' && place === 'rotated') {
      log.info(`${this.chain.path} was rotated to ${found.path}; it is read to its end`, about);
    }
    if (gen.place !== place) this.touch(gen);
    gen.place = place;
    if (gen.path !== found.path || gen.row.path === undefined) this.remember(gen, { path: found.path });
    gen.packed = found.packed;
    if (found.packed !== undefined) {
      gen.size = found.unpacked(gen.size) ?? gen.size;
      return;
    }
    const head = gen.clues.headBytes < HEAD_BYTES ? found.head() : undefined;
    if (head && head.length >= gen.clues.headBytes) this.learn(gen, found.stat, head);
    this.note(gen, found.stat);
  }

  private same(gen: Gen, sighting: Sighting, found: Candidate): void {
    const { handles } = this.parts;
    gen.reason = sighting.reason;
    this.locate(gen, found);
    if (!handles.isOpen(gen)) holdOpen(gen, found, this.unread(gen), handles);
  }

  /** The content of `gen` lies in another file: it is read on there, unless its own file is still open and holds as much. */
  private copied(gen: Gen, sighting: Sighting, found: Candidate): void {
    const { files, log, about, registry, handles, losses } = this.parts;
    const size = found.packed === undefined ? found.stat.size : (found.unpacked(gen.size) ?? gen.size);
    if (handles.isOpen(gen) && !isOutgrown(gen, size, files, handles)) {
      registry.update(gen.file, { path: found.path });
      this.nameless(gen);
      return;
    }
    handles.drop(gen);
    const unread = this.unread(gen);
    if (unread !== undefined && Math.max(unread, size) < gen.size)
      losses.lose(gen, Math.max(unread, size), 'truncated');
    const what = `holds the content of an earlier ${this.chain.path}: what was not read yet is read from it`;
    log.info(`${found.path} ${what}`, about);
    gen.ended = false;
    gen.size = size;
    if (gen.end && gen.end.offset > size) gen.end = endOf(found, size);
    const { dev, ino, birth } = found;
    const head = found.head();
    const short = head && head.length < gen.clues.headBytes;
    this.remember(gen, { clues: short ? cluesOf(found.stat, head) : { ...gen.clues, dev, ino, birth } });
    this.touch(gen);
    this.same(gen, sighting, found);
  }

  /** No file of the chain is this generation any more, but it is open. */
  private nameless(gen: Gen): void {
    const { files, log, about, handles } = this.parts;
    const stat = ask(gen, handles, files.fstat);
    if (!stat) {
      if (!handles.isOpen(gen)) this.vanished(gen);
      return;
    }
    if (gen.packed === undefined && stat.size > gen.size) this.note(gen, stat);
    const place = stat.links === 0 ? 'deleted' : 'rotated';
    if (gen.place !== place) {
      const what = place === 'deleted' ? 'was deleted' : 'was moved out of sight';
      log.info(`${gen.path} ${what}; it is read to its end through the open file`, about);
      gen.place = place;
      this.touch(gen);
    }
  }

  private vanished(gen: Gen): void {
    if (gen.place === 'gone' && (this.surveyed || gen.row.path === undefined)) return;
    const unread = this.undecided?.get(gen) ?? this.unread(gen);
    const owner = unread === undefined ? 'other' : this.chain.ownerOf(gen);
    if (unread !== undefined && owner === 'unknown') {
      this.undecided ??= new Map();
      this.undecided.set(gen, unread);
      return;
    }
    this.undecided?.delete(gen);
    if (this.undecided?.size === 0) this.undecided = undefined;
    if (unread !== undefined && owner === 'none') this.parts.losses.vanished(gen, unread, !this.surveyed);
    this.parts.registry.update(gen.file, { path: undefined });
    this.giveUp(gen);
  }

  private add(sighting: Sighting, found: Candidate, previous: FileId | undefined): Gen | undefined {
    const { files, log, about, handles, losses } = this.parts;
    if (found.packed !== undefined && found.packed !== 'gz') {
      losses.neverRead(found, `cannot be unpacked here (.${found.packed}); let rotation use gzip or delaycompress`);
      return undefined;
    }
    const head = found.head() ?? new Uint8Array();
    const clues = cluesOf(found.stat, head);
    // By the clock that stamps the files: that of this host may jump, or differ from a file server's.
    const firstSeen = Math.max(found.stat.modified, found.stat.birth);
    const row = { input: about.input, chain: this.chain.path, path: found.path, clues, previous, firstSeen };
    const gen = fromRow(this.chain.born(row, found), this.parts.clock.ticks());
    gen.place = found.live ? 'live' : 'rotated';
    gen.reason = sighting.reason;
    this.learn(gen, found.stat, head);
    gen.packed = found.packed;
    gen.modified = found.stat.modified;
    gen.size = found.packed === undefined ? found.stat.size : (found.unpacked(head.length) ?? head.length);
    const fd = found.takeFd();
    if (fd !== undefined) handles.adopt(gen, fd);
    gen.end ??= earlyEnd(gen, files, handles);
    this.touch(gen);
    if (previous !== undefined) log.info(`${found.path} is read as a new generation: ${sighting.reason}`, about);
    return gen;
  }

  /** `empty` are the generations of which not one byte had been seen at the last look. */
  private apply(sightings: readonly Sighting[], candidates: readonly Candidate[], empty: ReadonlySet<FileId>): void {
    const { handles, losses } = this.parts;
    const { gens } = this;
    const matched = new Set<Gen>();
    let now: Gen | undefined;
    const pairs = sightings.map((sighting, index) => ({ sighting, found: candidates[index]! }));
    for (const gen of gens.filter((one) => sightings.some(({ instead }) => instead === one.file))) {
      gen.ended = true;
      handles.drop(gen);
    }
    for (const { sighting, found } of pairs) {
      const gen = gens.find((one) => one.file === sighting.file);
      if (!gen) continue;
      matched.add(gen);
      if (sighting.what === 'copy') this.copied(gen, sighting, found);
      else this.same(gen, sighting, found);
      if (found.live) now = gen;
    }
    for (const gen of gens) {
      if (matched.has(gen)) continue;
      if (handles.isOpen(gen)) this.nameless(gen);
      else this.vanished(gen);
    }
    const order = inOrder(gens, sightings, now);
    const emptied = new Set(gens.filter((gen) => empty.has(gen.file) && !matched.has(gen)));
    for (const [index, { sighting, found }] of pairs.entries()) {
      if (sighting.what === 'unreadable' && found.live) this.chain.bar(found.ino);
      else if (sighting.what === 'unreadable' && !found.vanished()) losses.neverRead(found, 'cannot be read (rights)');
      if (sighting.what !== 'new' && sighting.what !== 'missed') continue;
      const at = found.live ? order.length : placeOf(sighting, sightings.slice(index + 1), order, emptied);
      const gen = this.add(sighting, found, order[at - 1]?.file);
      if (gen && found.live) now = gen;
      else if (gen) order.splice(at, 0, gen);
    }
    const copy = sightings.find((one) => one.unfinished)?.found;
    if (now && copy) now.copy = { dev: copy.dev, ino: copy.ino, birth: copy.birth };
    this.live = now;
    this.gens = forget(now ? [...order, now] : order);
  }
}
