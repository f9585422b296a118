/**
 * One chain: a live path and the generations that bore it. It looks at the live file and at every rotated one still read, with
 * one stat each; only where something happened is the directory looked at (`lineage.ts`). There may be ten thousand of these, so what
 * they have in common stands in `parts`.
 */
import type { Clues, Generation } from '../types.ts';
import type { Candidate } from './candidate.ts';
import { troubleOf } from './cures.ts';
import { codeOf, type Stat } from './files.ts';
import { clueBefore, readHead, sameHead, sameInode } from './fingerprint.ts';
import { Elsewhere, type Gen, isLetGo } from './generation.ts';
import { Lineage } from './lineage.ts';
import type { ChainParts, LineageOwner } from './lineage-parts.ts';
import { LivePath } from './live-path.ts';
import { look } from './rotation.ts';
import { type Found, withEnd } from './rotation-parts.ts';
import type { Listings } from './survey.ts';

/** How often a rotated file is looked at that was let go, in ms. */
const LOOK_BACK = 15_000;

export class FileChain extends LivePath<ChainParts> implements LineageOwner {
  private readonly lineage: Lineage;
  /** The path of the chain that reads the file that is here. */
  private other: string | undefined;
  /** True while a file is left alone until it is known that no other chain reads it. */
  private isWaiting = false;
  /** Nothing in the live file is older than the agent: there was none when it was looked for. */
  private isFresh: boolean;
  /** Inode of the live file at the last look. */
  private polled: number | undefined;
  /** Ticks at which a rotated file was last looked at that had been let go, in whole ms, which take no room of their own. */
  private lookedBack = Math.floor(this.parts.clock.ticks());
  /** Ticks of the last poll. */
  private polledAt = this.lookedBack;
  /** Inode of a live file that could not be opened, so that its directory is not listed at every poll. */
  private barred: number | undefined;

  /** `known` is what the registry knows of it, oldest first; `fresh`: the agent had looked before, and there was no such file. */
  constructor(parts: ChainParts, path: string, known: readonly Generation[], fresh: boolean) {
    super(parts, path);
    this.isFresh = fresh;
    this.lineage = new Lineage(parts, this, known);
  }

  fresh(): boolean {
    return this.isFresh;
  }

  gens(): readonly Gen[] {
    return this.lineage.gens;
  }

  live(): Gen | undefined {
    return this.lineage.live;
  }

  alias(): string | undefined {
    return this.other;
  }

  waits(): boolean {
    return this.isWaiting || this.other !== undefined;
  }

  bears(clues: Clues): boolean {
    if (this.isWaiting && this.parts.twins.has(this, clues.ino)) return true;
    return this.polled === clues.ino && this.isHere(clues);
  }

  has({ dev, ino }: { readonly dev: number; readonly ino: number }): boolean {
    return this.gens().some((gen) => gen.place !== 'gone' && gen.clues.ino === ino && gen.clues.dev === dev);
  }

  release(gen: Gen, reason: string): void {
    this.lineage.release(gen, reason);
  }

  changed(): void {
    this.parts.changed(this);
  }

  isForeign(stat: Stat): boolean {
    const known = this.originOf(stat);
    this.isWaiting ||= known?.isRead === true && this.parts.owner(stat) === undefined;
    return known?.isRead === true;
  }

  born(generation: Omit<Generation, 'file' | 'gen'>, found: Candidate): Generation {
    const { origin } = this.originOf(found.stat) ?? {};
    const row = this.parts.registry.add(generation);
    if (origin) this.parts.origins.goOn(origin, row, found);
    return row;
  }

  ownerOf(gen: Gen): 'other' | 'none' | 'unknown' {
    if (this.parts.origins.goesOn(gen)) return 'other';
    this.isWaiting ||= this.parts.origins.isFirst();
    return this.isWaiting ? 'unknown' : 'none';
  }

  isKnown({ ino }: Found): boolean {
    return this.parts.twins.has(this, ino);
  }

  bar(ino: number): void {
    this.barred = ino;
    this.tryOpen();
  }

  survey(listings: Listings, why: string): void {
    this.isWaiting = false;
    this.lineage.survey(listings, why, this.polled);
    if (!this.live()) return;
    this.barred = undefined;
    this.complain(undefined);
  }

  /** Takes note that a generation grew or changed in place, if what was read of it still stands there; its head hash grows with it. */
  private grown(gen: Gen, stat: Stat): void {
    const { files, handles } = this.parts;
    if (gen.packed === undefined) {
      const head = readHead(files, handles.fd(gen), false);
      if (!sameHead(gen.clues, head)) {
        this.rewritten(gen, `its first ${gen.clues.headBytes} bytes changed: it was truncated and refilled`);
        return;
      }
      if (head.length > gen.clues.headBytes) this.lineage.learn(gen, stat, head);
    }
    const all = withEnd(this.parts.marks(this, gen), gen.end);
    const other = all.find((mark) => clueBefore(files, handles.fd(gen), mark.offset) !== mark.clue)?.offset;
    if (other === undefined) this.lineage.note(gen, stat);
    else this.rewritten(gen, `the bytes before offset ${other} are not those that were there: it was refilled`);
  }

  /** What stood in a file before it was first seen with a byte may have been copied away meanwhile: the directory tells. */
  private isFirstSeen(gen: Gen, stat: Stat): boolean {
    return (
      gen.place === 'live' &&
      gen.clues.headBytes === 0 &&
      (stat.size > gen.size || (stat.size === 0 && stat.modified !== gen.modified)) &&
      this.parts.marks(this, gen).every((mark) => mark.offset === 0)
    );
  }

  refresh(gen: Gen): void {
    if (gen.place === 'gone') return;
    const { files, handles, listings } = this.parts;
    try {
      const stat = handles.isOpen(gen) ? files.fstat(handles.fd(gen)) : files.stat(gen.path);
      if (!stat || !sameInode(gen.clues, stat)) {
        this.survey(listings(), `${gen.path} is not what it was`);
        return;
      }
      if (stat.links === 0 && gen.place !== 'live') gen.place = 'deleted';
      if (gen.packed !== undefined || (stat.size === gen.size && stat.modified === gen.modified)) return;
      if (stat.size < gen.size) this.rewritten(gen, `it shrank from ${gen.size} to ${stat.size} bytes`);
      else if (this.isFirstSeen(gen, stat)) this.survey(listings(), `${gen.path} was empty and was written to`);
      else this.grown(gen, stat);
    } catch (error) {
      this.failed(gen, error);
    }
  }

  rewritten(gen: Gen, reason: string): void {
    if (gen.ended || gen.place === 'gone') return;
    if (gen.packed !== undefined) {
      this.lineage.abandon(gen, reason);
      return;
    }
    gen.ended = true;
    this.parts.handles.drop(gen);
    this.parts.log.info(`${gen.path}: ${reason}`, this.parts.about);
    this.survey(this.parts.listings(), reason);
  }

  failed(gen: Gen, error: unknown): void {
    const code = codeOf(error);
    const isDamaged = gen.packed !== undefined && (code.startsWith('Z_') || code === 'ERR_BUFFER_TOO_LARGE');
    // Its file server let it go for good.
    if (code === 'ESTALE') this.parts.handles.drop(gen);
    if (code === 'ESTALE' || error instanceof Elsewhere) this.survey(this.parts.listings(), troubleOf(gen.path, error));
    else if (isDamaged) this.lineage.abandon(gen, `the archive is damaged (${code})`);
    else this.complain(troubleOf(gen.path, error));
  }

  private noteAlias(other: string | undefined): void {
    if (other !== this.other) this.parts.noted();
    this.other = other;
  }

  /** The generation of another chain that this file is, or was. */
  private originOf(stat: Stat) {
    return this.parts.twins.of(stat, this, this.gens().length === 0);
  }

  /** Whether the file that has the live path now may be looked into. */
  private admitted(stat: Stat): boolean {
    const known = this.originOf(stat);
    if (!known?.isRead) {
      this.noteAlias(undefined);
      return this.barred !== stat.ino || this.tryOpen();
    }
    const { log, about, owner: ownerOf } = this.parts;
    const { file, path: other } = known.origin;
    if (other !== this.other) log.info(`${this.path} is the same file as ${other}: it is read once, there`, about);
    this.noteAlias(other);
    this.problem = undefined;
    const owner = ownerOf(stat);
    for (const gen of owner?.gens() ?? []) if (gen.file === file) owner?.refresh(gen);
    return this.live() !== undefined || !this.lineage.surveyed;
  }

  /** Long after a rotation a worker that is about to end may still write to the old file: of those let go the newest is looked at. */
  private lookBack(): void {
    const now = Math.floor(this.parts.clock.ticks());
    // A chain at rest is polled less often, so that the next time may be too late.
    const slack = Math.max(0, now - this.polledAt - this.parts.input.poll);
    this.polledAt = now;
    if (now + slack < this.lookedBack + LOOK_BACK) return;
    this.lookedBack = now;
    const old = this.gens().findLast(isLetGo);
    if (old) this.refresh(old);
  }

  poll(): boolean {
    const stat = this.statLive();
    return stat !== false && (this.lookAgain(stat) || this.isWaiting || this.lineage.postponed !== undefined);
  }

  /** As `poll`, with what the live path leads to. */
  private lookAgain(stat: Stat | undefined): boolean {
    this.isFresh ||= !stat && this.gens().length === 0;
    this.polled = stat?.ino;
    if (!stat) this.noteAlias(undefined);
    const [live, gens] = [this.live(), this.gens()];
    for (const gen of gens) if (gen !== live && gen.readers.length > 0) this.refresh(gen);
    this.lookBack();
    // Something was looked into, and the live file then, which may have grown since `stat`.
    if (this.gens() !== gens) return false;
    const verdict = look(live && { ...live.clues, size: live.size, modified: live.modified }, stat);
    if (verdict.what === 'nothing' && !gens.some((gen) => gen.readers.length > 0)) this.forgive();
    if (verdict.what === 'nothing') return !this.lineage.surveyed;
    if (verdict.what === 'gone' || !live || !stat) return verdict.what === 'gone' || this.admitted(stat!);
    if (verdict.what === 'replaced') return this.admitted(stat);
    this.complain(undefined);
    if (verdict.what === 'same') return false;
    if (verdict.what === 'truncated') {
      this.rewritten(live, verdict.reason);
      return false;
    }
    if (this.isFirstSeen(live, stat)) return true;
    try {
      this.grown(live, stat);
    } catch (error) {
      this.failed(live, error);
    }
    return false;
  }
}
