import type { Chunk, Clock, Clues, FileId } from '../types.ts';
import { CLUE_BYTES, clue } from '../wire/clue.ts';
import { type Lines, linesFor, MARK_BYTES } from '../wire/lines.ts';
import { sameHead } from './fingerprint.ts';
import type { ReadSpace } from './readspace.ts';
import type { Mark } from './rotation-parts.ts';

/** Where the bytes of one generation come from: an open file, or an archive that is unpacked on the way. */
export type Source = {
  /** Fills `into` from `position` on; gives fewer bytes only at the end, undefined where they are still to come. Throws as node:fs. */
  read(into: Uint8Array, position: number): number | undefined;
  close(): void;
};

/**
 * idle: no whole line is there; `held` when bytes of an unfinished one are. more: work was done, ask again. later: the source will
 * say when. changed: the bytes before the position are not those that were read, so this is another file by now.
 */
export type Take =
  | { readonly what: 'chunk'; readonly chunk: Chunk }
  | { readonly what: 'idle'; readonly held: boolean }
  | { readonly what: 'more' | 'later' }
  | { readonly what: 'changed'; readonly reason: string };

/** Reader of one open generation for one walk. */
export type Harvester = {
  position(): number;
  /** The position and the clue of the bytes before it. */
  mark(): Mark;
  /**
   * The next run of whole lines. `size` is the least size that the file must have, Infinity where that is not known. With `final`
   * an unterminated last line is given out as well. Throws as the source does.
   */
  take(size: number, final: boolean): Take;
  close(): void;
};

const SLACK = 4096;
const SMALL = 64 * 1024;
const LARGEST = 256 * 1024;
const NOTHING = Buffer.alloc(0);

type Parts = {
  readonly input: string;
  readonly file: FileId;
  readonly clock: Clock;
  readonly maxLine: number;
  readonly lines: Lines;
  readonly source: Source;
  /** Where to go on, and the clue of the bytes before it. */
  readonly from: Mark;
  readonly clues: () => Clues;
  readonly modified: () => number;
  /** Bytes that one read asks for at most, as long as a line fits in them; 256 KiB where not given. */
  readonly largest?: number | undefined;
  /** Where chunks are read to; fresh memory each time where not given. */
  readonly space?: ReadSpace | undefined;
};

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
 * Reads begin CLUE_BYTES before the position, so that the bytes before it are checked at every read. A half line stays in
 * the file. A line above `maxLine` is cut at a character and its rest passed over; so is a hole of NUL bytes where a line
 * should begin. What was passed over is given as a chunk without bytes, whose `before` are the bytes before its end.
 */
export function createHarvester(parts: Parts): Harvester {
  const { maxLine, source, largest = LARGEST, space = Buffer.allocUnsafe } = parts;
  let { lines } = parts;
  let position = parts.from.offset;
  /** True once the byte order mark, if there is one, has been looked at. */
  let marked = false;
  /** The bytes before the position; undefined until they were read once. */
  let before: Buffer | undefined;
  /** True within the rest of a line that was cut; undefined until the first read tells. */
  let passing: boolean | undefined;
  /** From the position up to here there are only NUL bytes. */
  let empty = 0;

  /** Why the bytes before the position, or the file's head, are not those that were there; undefined where they are. */
  function changed(buffer: Buffer, got: number, lead: number, size: number): string | undefined {
    if (got < lead) return `it is shorter than the ${position} bytes that were read of it`;
    if (got < buffer.length && position - lead + got < size && size < Infinity) {
      return `it shrank from ${size} to ${position - lead + got} bytes`;
    }
    const seen = buffer.subarray(0, lead);
    const same = before ? before.equals(seen) : clue(seen) === parts.from.clue;
    if (!same) return `the ${lead} bytes before offset ${position} are not those that were read`;
    const head = parts.clues();
    if (lead < position || sameHead(head, buffer.subarray(0, got))) return undefined;
    return `its first ${head.headBytes} bytes changed`;
  }

  /** Whether the position lies in the rest of a line that was cut: no newline as far back as a cut reaches. */
  function isCut(lead: Buffer): boolean | undefined {
    if (position === 0 || lines.last(lead, lead.length) === lead.length) return false;
    const back = maxLine - 4;
    if (position < back || back < 1) return false;
    const bytes = Buffer.allocUnsafe(back);
    const got = source.read(bytes, position - back);
    return got === undefined ? undefined : lines.last(bytes, back) < 0;
  }

  function emit(bytes: Buffer, end: number, last: Buffer, cut: boolean): Take {
    const gap = bytes.length === 0;
    const chunk: Chunk = {
      input: parts.input,
      file: parts.file,
      bytes,
      start: position,
      end,
      before: gap ? last : (before ?? NOTHING),
      modified: parts.modified(),
      readAt: parts.clock.now(),
      cut,
      ...(lines.encoding !== parts.lines.encoding && { encoding: lines.encoding }),
    };
    position = end;
    before = last;
    empty = 0;
    return { what: 'chunk', chunk };
  }

  /** Gives out the first `length` bytes of the window, or passes them over. */
  function give(window: Window, length: number, how: 'lines' | 'cut' | 'gap'): Take {
    const end = window.lead + length;
    // Copies, for the buffer is not ours for long, and 256 bytes of it would keep the whole of it.
    const last = Buffer.from(window.buffer.subarray(Math.max(0, end - CLUE_BYTES), end));
    before ??= Buffer.from(window.buffer.subarray(0, window.lead));
    return emit(how === 'gap' ? NOTHING : window.body.subarray(0, length), position + length, last, how === 'cut');
  }

  /** Passes over a hole of NUL bytes, once something follows it: space set aside in advance looks the same and is filled later. */
  function passHole(window: Window, final: boolean): Take {
    const run = nuls(window.body, lines.unit);
    if (window.body.length - run >= lines.unit) return give(window, run, 'gap');
    if (!window.full) return final && run > 0 ? give(window, run, 'gap') : { what: 'idle', held: true };
    const at = Math.max(empty, position + run);
    stride ??= Buffer.allocUnsafe(STRIDE);
    const beyond = stride;
    const got = source.read(beyond, at);
    if (got === undefined) return { what: 'later' };
    const more = nuls(beyond.subarray(0, got), lines.unit);
    empty = at + more;
    if (got - more < lines.unit && !(final && got < STRIDE)) {
      return got < STRIDE ? { what: 'idle', held: true } : { what: 'more' };
    }
    const last = Buffer.alloc(Math.min(CLUE_BYTES, empty));
    return source.read(last, empty - last.length) === undefined ? { what: 'later' } : emit(NOTHING, empty, last, false);
  }

  /** Passes over the rest of a line that was cut. */
  function passRest(window: Window): Take {
    const { body } = window;
    const end = lines.first(body, 0);
    if (end < 0 && body.length < lines.unit) return { what: 'idle', held: false };
    passing = end < 0;
    return give(window, end < 0 ? body.length - (body.length % lines.unit) : end, 'gap');
  }

  /** The index at which a line above `maxLine` begins; -1 where there is none. Steps by `maxLine`, not by lines. */
  function overlong(body: Buffer): number {
    let at = 0;
    while (body.length - at > maxLine) {
      const next = lines.last(body, Math.min(body.length, at + maxLine + lines.unit));
      if (next <= at) return at;
      at = next;
    }
    return -1;
  }

  /** Whole lines from the beginning of the window; undefined where a greater window is needed to find one. */
  function cutLines(window: Window, final: boolean): Take | undefined {
    const follows = lines.hole(window.body);
    const body = follows < 0 ? window.body : window.body.subarray(0, follows);
    const long = overlong(body);
    if (long > 0) return give(window, long, 'lines');
    if (long === 0) {
      passing = true;
      return give(window, Math.max(lines.unit, lines.character(body, maxLine)), 'cut');
    }
    const end = lines.last(body, body.length);
    if (end > 0) return give(window, end, 'lines');
    if (window.full && follows < 0) return undefined;
    return final && body.length > 0 ? give(window, body.length, 'lines') : { what: 'idle', held: body.length > 0 };
  }

  /** Lets a byte order mark decide on the encoding, given the first bytes of the file. */
  function readMark(head: Buffer): void {
    lines = linesFor(head, parts.lines);
    // The mark itself may still be written, byte by byte.
    marked = head.length >= MARK_BYTES;
  }

  /** The same where reading goes on further behind; before anything there is read, for an archive is unpacked in one direction. */
  function readMarkAhead(): boolean {
    const head = Buffer.alloc(MARK_BYTES);
    if (source.read(head, 0) === undefined) return false;
    readMark(head);
    return true;
  }

  function open(ahead: number, size: number): Window | Take {
    if (!marked && position > 0 && !readMarkAhead()) return { what: 'later' };
    const lead = Math.min(CLUE_BYTES, position);
    const buffer = space(lead + ahead);
    const got = source.read(buffer, position - lead);
    if (got === undefined) return { what: 'later' };
    // An archive of a copy that was made before the last lines were read.
    if (got < lead && size === Infinity) return { what: 'idle', held: false };
    const reason = changed(buffer, got, lead, size);
    if (reason !== undefined) return { what: 'changed', reason };
    if (!marked) readMark(buffer.subarray(0, got));
    passing ??= isCut(buffer.subarray(0, lead));
    if (passing === undefined) return { what: 'later' };
    return { buffer, lead, body: buffer.subarray(lead, got), full: got === buffer.length };
  }

  function take(size: number, final: boolean): Take {
    const behind = size - position;
    let ahead =
      empty > position ? SLACK : behind + SLACK > Math.min(SMALL, largest) ? largest : Math.max(0, behind) + SLACK;
    for (;;) {
      const window = open(ahead, size);
      if ('what' in window) return window;
      if (passing) return passRest(window);
      if (nuls(window.body, lines.unit) > 0) return passHole(window, final);
      const taken = cutLines(window, final);
      if (taken) return taken;
      ahead = Math.min(ahead * 2, maxLine + SLACK + largest);
    }
  }

  return {
    position: () => position,
    mark: () => (before ? { offset: position, clue: clue(before) } : { ...parts.from, offset: position }),
    take,
    close: () => source.close(),
  };
}
