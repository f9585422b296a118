import type { Chunk } from '../types.ts';
import { CLUE_BYTES, clue, HEAD_BYTES } from '../wire/clue.ts';
import { type Lines, linesFor, MARK_BYTES } from '../wire/lines.ts';
import { sameHead } from './fingerprint.ts';
import type { Harvested, HarvesterParts, Source, Take } from './harvester-parts.ts';
import type { Mark } from './rotation-parts.ts';

const SLACK = 4096;
const SMALL = 64 * 1024;
const LARGEST = 256 * 1024;
const NOTHING = Buffer.alloc(0);

type Window = { readonly buffer: Buffer; readonly lead: number; readonly body: Buffer; readonly full: boolean };

/** Holes are looked through in steps of so many bytes, all into the same memory: what is read there is nothing but NUL. */
const STRIDE = 1024 * 1024;
let stride: Buffer | undefined;
const ZEROS = Buffer.alloc(SMALL);

/** The number of NUL bytes at the beginning, in whole code units. */
function nuls(bytes: Buffer, unit: number): number {
  let at = 0;
  while (at + SMALL <= bytes.length && ZEROS.compare(bytes, at, at + SMALL) === 0) at += SMALL;
  while (at < bytes.length && bytes[at] === 0) at += 1;
  return at - (at % unit);
}

/**
 * Reader of one open generation for one walk. Reads begin CLUE_BYTES before the position, so that the bytes before it are checked at
 * every read. A half line stays in the file. A line above `maxLine` is cut at a character and its rest passed over; so is a hole of
 * NUL bytes where a line should begin. What was passed over is given as a chunk without bytes, whose `before` are the bytes before its end.
 */
export class Harvester {
  private readonly parts: HarvesterParts;
  private readonly gen: Harvested;
  private readonly source: Source;
  private readonly from: Mark;
  private lines: Lines;
  private at: number;
  /** True once the byte order mark, if there is one, has been looked at. */
  private marked = false;
  /** The bytes before the position; undefined until they were read once. */
  private before: Buffer | undefined;
  /** Their clue, made right before whoever shapes them asks for the same, so that it is made and kept once. */
  private clue = '';
  /** True within the rest of a line that was cut; undefined until the first read tells. */
  private passing: boolean | undefined;
  /** From the position up to here there are only NUL bytes. */
  private empty = 0;

  /** `from`: where to go on, and the clue of the bytes before it. */
  constructor(parts: HarvesterParts, gen: Harvested, source: Source, from: Mark) {
    this.parts = parts;
    this.gen = gen;
    this.source = source;
    this.from = from;
    this.lines = parts.lines;
    this.at = from.offset;
  }

  position(): number {
    return this.at;
  }

  /** The position and the clue of the bytes before it. */
  mark(): Mark {
    return { offset: this.at, clue: this.before ? this.clue : this.from.clue };
  }

  close(): void {
    this.source.close();
  }

  /**
   * The next run of whole lines. `size` is the least size that the file must have, Infinity where that is not known. With `final`
   * an unterminated last line is given out as well. Throws as the source does.
   */
  take(size: number, final: boolean): Take {
    const { maxLine, largest = LARGEST } = this.parts;
    const behind = size - this.at;
    let ahead =
      this.empty > this.at ? SLACK : behind + SLACK > Math.min(SMALL, largest) ? largest : Math.max(0, behind) + SLACK;
    for (;;) {
      const window = this.open(ahead, size);
      if ('what' in window) return window;
      if (this.passing) return this.passRest(window);
      if (nuls(window.body, this.lines.unit) > 0) return this.passHole(window, size, final);
      const taken = this.cutLines(window, final);
      if (taken) return taken;
      ahead = Math.min(ahead * 2, maxLine + SLACK + largest);
    }
  }

  /** Why the bytes before the position, or the file's head, are not those that were there; undefined where they are. */
  private changed(buffer: Buffer, got: number, lead: number, size: number): string | undefined {
    if (got < lead) return `it is shorter than the ${this.at} bytes that were read of it`;
    if (got < buffer.length && this.at - lead + got < size && size < Infinity) {
      return `it shrank from ${size} to ${this.at - lead + got} bytes`;
    }
    const seen = buffer.subarray(0, lead);
    const same = this.before ? this.before.equals(seen) : clue(seen) === this.from.clue;
    if (!same) return `the ${lead} bytes before offset ${this.at} are not those that were read`;
    const { clues, end } = this.gen;
    // The bytes before the position prove nothing in a hole: they are like those of any other.
    const isBlind = size < Infinity && nuls(seen, 1) === lead;
    const head =
      lead === this.at ? buffer.subarray(0, got) : isBlind ? this.bytesBefore(HEAD_BYTES, HEAD_BYTES) : undefined;
    if (head && !sameHead(clues, head)) return `its first ${clues.headBytes} bytes changed`;
    if (!isBlind || !end || end.offset <= this.at) return undefined;
    const isSame = clue(this.bytesBefore(end.offset, CLUE_BYTES)) === end.clue;
    return isSame ? undefined : `the bytes before offset ${end.offset} are not those that were there`;
  }

  /** So many bytes before `offset`, fewer at the beginning and at the end of the file. */
  private bytesBefore(offset: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(Math.min(length, offset));
    return bytes.subarray(0, this.source.read(bytes, offset - bytes.length));
  }

  /** Whether the position lies in the rest of a line that was cut: no newline as far back as a cut reaches, and no mere hole. */
  private isCut(lead: Buffer): boolean | undefined {
    if (this.at === 0 || this.lines.last(lead, lead.length) === lead.length) return false;
    const back = this.parts.maxLine - 4;
    if (this.at < back || back < 1) return false;
    const bytes = Buffer.allocUnsafe(back);
    const got = this.source.read(bytes, this.at - back);
    return got === undefined ? undefined : this.lines.last(bytes, back) < 0 && nuls(bytes, 1) < back;
  }

  private emit(bytes: Buffer, end: number, last: Buffer, cut: boolean, drained = false): Take {
    const gap = bytes.length === 0;
    const chunk: Chunk = {
      input: this.parts.input,
      file: this.gen.file,
      bytes,
      start: this.at,
      end,
      before: gap ? last : (this.before ?? NOTHING),
      modified: this.gen.modified,
      readAt: this.parts.clock.now(),
      cut,
      ...(this.lines.encoding !== this.parts.lines.encoding && { encoding: this.lines.encoding }),
    };
    this.at = end;
    this.before = last;
    this.clue = clue(last);
    this.empty = 0;
    return { what: 'chunk', chunk, drained };
  }

  /** Gives out the first `length` bytes of the window, or passes them over. */
  private give(window: Window, length: number, how: 'lines' | 'cut' | 'gap'): Take {
    const end = window.lead + length;
    // Copies, for the buffer is not ours for long, and 256 bytes of it would keep the whole of it.
    const last = Buffer.from(window.buffer.subarray(Math.max(0, end - CLUE_BYTES), end));
    this.before ??= Buffer.from(window.buffer.subarray(0, window.lead));
    const drained = how === 'lines' && !window.full && length === window.body.length;
    const bytes = how === 'gap' ? NOTHING : window.body.subarray(0, length);
    return this.emit(bytes, this.at + length, last, how === 'cut', drained);
  }

  /**
   * Passes over a hole of NUL bytes, once something follows it: space set aside in advance looks the same and is filled later. Not so that of
   * an archive, of which every step back to where the hole begins would have all of it unpacked anew.
   */
  private passHole(window: Window, size: number, final: boolean): Take {
    const run = nuls(window.body, this.lines.unit);
    const isPacked = size === Infinity && window.full;
    if (isPacked || window.body.length - run >= this.lines.unit) return this.give(window, run, 'gap');
    if (!window.full) return final && run > 0 ? this.give(window, run, 'gap') : { what: 'idle', held: true };
    const at = Math.max(this.empty, this.at + run);
    stride ??= Buffer.allocUnsafe(STRIDE);
    const beyond = stride;
    const got = this.source.read(beyond, at);
    if (got === undefined) return { what: 'later' };
    const more = nuls(beyond.subarray(0, got), this.lines.unit);
    this.empty = at + more;
    if (got - more < this.lines.unit && !(final && got < STRIDE)) {
      return got < STRIDE ? { what: 'idle', held: true } : { what: 'more' };
    }
    const last = Buffer.alloc(Math.min(CLUE_BYTES, this.empty));
    if (this.source.read(last, this.empty - last.length) === undefined) return { what: 'later' };
    return this.emit(NOTHING, this.empty, last, false);
  }

  /** Passes over the rest of a line that was cut. */
  private passRest(window: Window): Take {
    const { body } = window;
    const end = this.lines.first(body, 0);
    if (end < 0 && body.length < this.lines.unit) return { what: 'idle', held: false };
    this.passing = end < 0;
    return this.give(window, end < 0 ? body.length - (body.length % this.lines.unit) : end, 'gap');
  }

  /** The index at which a line above `maxLine` begins; -1 where there is none. Steps by `maxLine`, not by lines. */
  private overlong(body: Buffer): number {
    const { maxLine } = this.parts;
    let at = 0;
    while (body.length - at > maxLine) {
      const next = this.lines.last(body, Math.min(body.length, at + maxLine + this.lines.unit));
      if (next <= at) return at;
      at = next;
    }
    return -1;
  }

  /** Whole lines from the beginning of the window; undefined where a greater window is needed to find one. */
  private cutLines(window: Window, final: boolean): Take | undefined {
    const follows = this.lines.hole(window.body);
    const body = follows < 0 ? window.body : window.body.subarray(0, follows);
    const long = this.overlong(body);
    if (long > 0) return this.give(window, long, 'lines');
    if (long === 0) {
      this.passing = true;
      return this.give(window, Math.max(this.lines.unit, this.lines.character(body, this.parts.maxLine)), 'cut');
    }
    const end = this.lines.last(body, body.length);
    if (end > 0) return this.give(window, end, 'lines');
    if (window.full && follows < 0) return undefined;
    return final && body.length > 0 ? this.give(window, body.length, 'lines') : { what: 'idle', held: body.length > 0 };
  }

  /** Lets a byte order mark decide on the encoding, given the first bytes of the file. */
  private readMark(head: Buffer): void {
    this.lines = linesFor(head, this.parts.lines);
    // The mark itself may still be written, byte by byte.
    this.marked = head.length >= MARK_BYTES;
  }

  /** The same where reading goes on further behind; before anything there is read, for an archive is unpacked in one direction. */
  private readMarkAhead(): boolean {
    const head = Buffer.alloc(MARK_BYTES);
    if (this.source.read(head, 0) === undefined) return false;
    this.readMark(head);
    return true;
  }

  private open(ahead: number, size: number): Window | Take {
    if (!this.marked && this.at > 0 && !this.readMarkAhead()) return { what: 'later' };
    const { space = Buffer.allocUnsafe } = this.parts;
    const lead = Math.min(CLUE_BYTES, this.at);
    const buffer = space(lead + ahead);
    const got = this.source.read(buffer, this.at - lead);
    if (got === undefined) return { what: 'later' };
    // An archive of a copy that was made before the last lines were read.
    if (got < lead && size === Infinity) return { what: 'idle', held: false };
    const reason = this.changed(buffer, got, lead, size);
    if (reason !== undefined) return { what: 'changed', reason };
    if (!this.marked) this.readMark(buffer.subarray(0, got));
    this.passing ??= this.isCut(buffer.subarray(0, lead));
    if (this.passing === undefined) return { what: 'later' };
    return { buffer, lead, body: buffer.subarray(lead, got), full: got === buffer.length };
  }
}
