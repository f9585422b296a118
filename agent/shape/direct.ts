/**
 * The hot path: a line that the scanner can take apart and of which nothing but escapes has to be changed becomes its record byte by
 * byte, without a string. Whatever is out of the ordinary is left to the writer, whose records these are to the byte.
 */
import type { Chunk, RecordConfig } from '../types.ts';
import { headerField } from '../wire/rfc5424.ts';
import { createElementBytes } from './elementbytes.ts';
import type { FileState } from './files.ts';
import { type HeaderReader, isPlain, LONGEST } from './header.ts';
import type { Piece as Member } from './members.ts';
import type { Pattern } from './pattern.ts';
import type { Payload } from './payload.ts';
import { createPriorityCache } from './pricache.ts';
import {
  LONGEST_ESCAPE,
  type Memory,
  memoryOf,
  type Piece,
  pieceOf,
  putBytes,
  putEscaped,
  putPiece,
  SPILL,
} from './put.ts';
import { createStampBytes } from './stampbytes.ts';
import { createWays, type Way } from './ways.ts';

export type DirectWriter = {
  /** Whether the pattern surely matches these bytes of a line, valid UTF-8. */
  matches(bytes: Buffer, begin: number, to: number): boolean;
  /**
   * Writes the record of a line that is valid UTF-8: its text from `begin` up to `to`, its bytes from `from` up to `next`. `special`:
   * where the first byte of it stands that needs an escape, or any place behind the line. `filtered`: its priority is not selected.
   * `no`: nothing was done, and the line goes the long way.
   */
  write(
    state: FileState,
    chunk: Chunk,
    begin: number,
    to: number,
    from: number,
    next: number,
    special: number,
  ): 'sent' | 'filtered' | 'no';
};

type Parts = {
  readonly pattern: Pattern;
  readonly record: RecordConfig;
  readonly header: HeaderReader;
  readonly pieces: readonly Member[] | undefined;
  readonly payload: Payload;
  /** The largest message, in bytes. */
  readonly limit: number;
};

const BLANK = 0x20;
const QUOTE = 0x22;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const NIL = pieceOf('-');
const END = pieceOf('}');
const NO_MEMBERS = pieceOf('{}');
/** A longer line takes too much room once each of its bytes may become six. */
const LONGEST_ESCAPED = 16 * 1024;
/** More than all that a message has beside the line, the names of its members and the element's start. */
const AROUND = 512;

/** Undefined where pattern or format have no way so direct. */
export function createDirectWriter(parts: Parts): DirectWriter | undefined {
  const { pattern, record, header, payload, limit } = parts;
  const ways = parts.pieces && createWays({ pattern, record, pieces: parts.pieces });
  if (!ways) return undefined;
  const stamps = createStampBytes(header.timestamps);
  const priorities = createPriorityCache(header.priorities, record.select);
  const element = createElementBytes();
  const hostname = pieceOf(headerField(record.hostname, LONGEST.hostname));
  /** The bytes of the chunk in hand. */
  let line = memoryOf(Buffer.alloc(0));
  /** The generation in hand, and its stand-in for an owner once that was asked for. */
  let current: FileState | undefined;
  let name: Piece | undefined;

  function enter(state: FileState): void {
    current = state;
    element.enter(` - ${state.element}`);
    name = undefined;
  }

  const nameOf = (state: FileState): Piece => (name ??= pieceOf(` ${headerField(state.name, LONGEST.appName)}`));

  function stampOf({ bounds, time, outerTime }: Way, line: Memory, chunk: Chunk): Piece | undefined {
    const at = bounds[time] === bounds[time + 1] ? outerTime : time;
    const [from, to] = [bounds[at]!, bounds[at + 1]!];
    return from === to ? stamps.instant(chunk.readAt) : stamps.written(line, from, to, chunk.modified);
  }

  /** A field of the header and the blank before it; -1 where the field cannot stand there as it is. */
  function putField(out: Memory, at: number, line: Memory, from: number, to: number, other: Piece): number {
    out.bytes[at] = BLANK;
    if (from === to) return putPiece(out, at + 1, other);
    return isPlain(line.bytes, from, to) ? putBytes(out, at + 1, line, from, to) : -1;
  }

  function putJson(out: Memory, start: number, line: Memory, way: Way, special: number): number {
    const { bounds, members } = way;
    let at = start;
    for (let i = 0; i < members.length; i += 1) {
      const member = members[i]!;
      const place = member.whole && bounds[member.place]! < 0 ? way.line : member.place;
      let from = bounds[place]!;
      let end = bounds[place + 1]!;
      if (member.bare && isBracketed(line.bytes, from, end)) {
        from += 1;
        end -= 1;
      }
      if (from === end && !member.always) continue;
      at = putPiece(out, at, at === start ? member.first : member.next);
      if (special < end) at = putEscaped(out, at, line, from, end, special);
      else if (from < end) at = putBytes(out, at, line, from, end);
      if (member.quoted) out.bytes[at++] = QUOTE;
    }
    return putPiece(out, at, at === start ? NO_MEMBERS : END);
  }

  return {
    matches: (bytes, begin, to) => ways.find(bytes, begin, to) !== undefined,
    write(state, chunk, begin, to, from, next, first) {
      const { bytes } = chunk;
      // The first record of a generation tells of the one before it.
      const way = (!state.begun && state.context.after) || to - begin > limit ? undefined : ways.find(bytes, begin, to);
      if (!way) return 'no';
      const special = way.verbatim ? to : first;
      if (special < to && to - begin > LONGEST_ESCAPED) return 'no';
      const { bounds, host, owner, pid } = way;
      if (state !== current) enter(state);
      if (bytes !== line.bytes) line = memoryOf(bytes);
      const stamp = stampOf(way, line, chunk);
      if (!stamp) return 'no';
      const { head, appName } = priorities.find(line, bounds, owner, way.level, way.pri);
      if (!head) return 'filtered';
      if (!appName) return 'no';

      const room = special < to ? LONGEST_ESCAPE * (to - begin) : to - begin;
      const out = payload.room(AROUND + SPILL + way.names + state.element.length + way.copies * room);
      const start = payload.size();
      let at = putPiece(out, putPiece(out, start, head), stamp);
      at = putField(out, at, line, bounds[host]!, bounds[host + 1]!, hostname);
      if (at < 0) return 'no';
      at = putPiece(out, at, bounds[owner] === bounds[owner + 1] ? nameOf(state) : appName);
      const [pidFrom, pidTo] = [bounds[pid]!, bounds[pid + 1]!];
      const bare = isBracketed(bytes, pidFrom, pidTo) ? 1 : 0;
      at = putField(out, at, line, pidFrom + bare, pidTo - bare, NIL);
      if (at < 0) return 'no';
      at = element.put(out, at, chunk.start + from, next - from, state.skip);
      out.bytes[at++] = BLANK;
      at = putJson(out, at, line, way, special);
      if (at - start > limit) return 'no';
      payload.close(at);
      state.begun = true;
      state.skip = 0;
      return 'sent';
    },
  };
}

/** As `bare` of priority.ts. */
function isBracketed(bytes: Buffer, from: number, to: number): boolean {
  return to - from > 1 && bytes[from] === OPEN && bytes[to - 1] === CLOSE;
}
