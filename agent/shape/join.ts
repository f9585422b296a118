/** `unmatched = join`: lines that the pattern does not match belong to the record before them, such as a stack trace. */
import type { Chunk } from '../types.ts';
import { type Draft, newDraft } from './draft.ts';
import type { FileState, Held } from './files.ts';
import { matchLine } from './pattern.ts';
import type { Tallying } from './tally.ts';
import { widen } from './text.ts';
import type { RecordWriter } from './writer.ts';

/** Where a line stands in its chunk: its bytes from `from` up to `next`. */
type LinePlace = { readonly from: number; readonly next: number };

export type Joiner = {
  /**
   * Takes the line in the draft: a match ships the record that waits and waits itself, another line joins it. Where none waits,
   * or it has grown as much as it may, the line begins a record of its own; then the result is true.
   */
  take(state: FileState, chunk: Chunk, line: Draft, place: LinePlace): boolean;
  /** Takes a line without text, of `len` bytes. */
  passBlank(state: FileState, len: number): void;
  /** Ships the record that waits, if any. The mark is the caller's affair. */
  release(state: FileState): void;
  /** The chunk is done with: what waits must not refer to it. */
  keep(state: FileState): void;
  /** The generations whose record has waited long enough; no more of them than make a batch of common size. */
  overdue(now: number): FileState[];
  /** Nothing of this generation waits any more. */
  forget(state: FileState): void;
};

/** Bounds of a joined record. */
const MOST_LINES = 1000;
const MOST_BYTES = 2 ** 20;
/** How long a record waits for a continuation line that may still be written, ms. */
const PATIENCE = 1000;
/** What comes due together goes out together, up to about so much. */
const BATCH_BYTES = 256 * 1024;

type Parts = { readonly regex: RegExp; readonly writer: RecordWriter; readonly tally: Tallying };

export function createJoiner({ regex, writer, tally }: Parts): Joiner {
  const waiting = new Set<FileState>();
  const draft = newDraft();

  function hold(state: FileState, chunk: Chunk, { match, line, wide, clean, cut }: Draft, place: LinePlace): void {
    state.held = {
      ...{ at: chunk.start + place.from, len: place.next - place.from, lines: 1 },
      ...{ match, line, more: '', wide, clean, cut },
      ...{ modified: chunk.modified, readAt: chunk.readAt, touched: chunk.readAt, blankLines: 0, blankBytes: 0 },
    };
    waiting.add(state);
  }

  function append(held: Held, chunk: Chunk, line: Draft, { from, next }: LinePlace): void {
    // A record that waits since an earlier chunk is text.
    const more = held.wide && !line.wide ? widen(line.line) : line.line;
    held.more += `${'\n'.repeat(held.blankLines + 1)}${more}`;
    held.lines += held.blankLines + 1;
    held.len += held.blankBytes + next - from;
    held.blankLines = 0;
    held.blankBytes = 0;
    held.clean = false;
    held.cut ||= line.cut;
    held.touched = chunk.readAt;
  }

  function release(state: FileState): void {
    const { held } = state;
    if (!held) return;
    forget(state);
    draft.name = state.name;
    Object.assign(draft, pick(held));
    if (writer.write(draft, state, held.at, held.len)) tally.sent(held.lines, held.len);
    else {
      state.skip += held.len;
      tally.filtered(held.lines, held.len);
    }
    state.skip += held.blankBytes;
    tally.filtered(held.blankLines, held.blankBytes);
  }

  function forget(state: FileState): void {
    state.held = undefined;
    waiting.delete(state);
  }

  return {
    take(state, chunk, line, place) {
      const { held } = state;
      const len = place.next - place.from;
      const joins = line.match === null && held !== undefined && hasRoom(held, len);
      if (joins) append(held, chunk, line, place);
      else {
        release(state);
        hold(state, chunk, line, place);
      }
      return line.match === null && !joins;
    },
    passBlank(state, len) {
      if (state.held) {
        state.held.blankLines += 1;
        state.held.blankBytes += len;
      } else {
        state.skip += len;
        tally.filtered(1, len);
      }
    },
    release,
    keep({ held }) {
      if (!held || held.wide) return;
      held.line = widen(held.line);
      held.more = widen(held.more);
      held.match = held.match && matchLine(regex, held.line);
      held.wide = true;
    },
    overdue(now) {
      const due: FileState[] = [];
      let bytes = 0;
      for (const state of waiting) {
        const held = state.held!;
        if (bytes >= BATCH_BYTES) break;
        if (!state.closed && now - held.touched < PATIENCE) continue;
        due.push(state);
        bytes += held.len;
      }
      return due;
    },
    forget,
  };
}

function hasRoom(held: Held, len: number): boolean {
  return held.lines + held.blankLines < MOST_LINES && held.len + held.blankBytes + len <= MOST_BYTES;
}

/** What a draft takes over from a record that has waited. */
function pick({ match, line, more, wide, clean, cut, modified, readAt }: Held): Partial<Draft> {
  return { match, line, more, wide, clean, cut, modified, readAt };
}
