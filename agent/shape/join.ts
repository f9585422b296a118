/**
 * `unmatched = join`: lines that the pattern does not match belong to the record before them, such as a stack trace. So do, under any
 * policy, the pieces into which a container's runtime cuts long lines.
 */
import type { Chunk, TransformConfig } from '../types.ts';
import { type Draft, newDraft } from './draft.ts';
import type { FileState, Held } from './files.ts';
import { isLost, type Pattern } from './pattern.ts';
import type { Tallying } from './tally.ts';
import { widen } from './text.ts';
import type { RecordWriter } from './writer.ts';

/** Where a line stands in its chunk: its bytes from `from` up to `next`. */
type LinePlace = { readonly from: number; readonly next: number };

export type Joiner = {
  /**
   * Takes the line in the draft: a match ships the record that waits and waits itself, another line joins it, and so does the next
   * piece of a line of the same stream. Where none waits, or it has grown as much as it may, the line begins a record of its own.
   * With another policy than `join` only pieces of lines wait.
   */
  take(state: FileState, chunk: Chunk, line: Draft, place: LinePlace): void;
  /**
   * The next lines of `state`, as long as they join, belong to the record of `previous` that waits: the generation before it. Their
   * bytes count as passed over in their own generation, for the record bears the identity of the other. `complete` is called before
   * the first line that does not.
   */
  follow(state: FileState, previous: FileState, complete: () => void): void;
  /** Records so far whose first line the pattern did not match. */
  unmatched(): number;
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

type Parts = {
  readonly policy: TransformConfig['unmatched'];
  readonly pattern: Pattern;
  readonly writer: RecordWriter;
  readonly tally: Tallying;
};

export function createJoiner({ policy, pattern, writer, tally }: Parts): Joiner {
  const waiting = new Set<FileState>();
  const draft = newDraft();
  let unmatched = 0;
  let followed: { readonly state: FileState; readonly previous: FileState; readonly complete: () => void } | undefined;

  function hold(
    state: FileState,
    chunk: Chunk,
    { match, line, wide, clean, slow, cut }: Draft,
    place: LinePlace,
  ): void {
    if (isLost(match)) unmatched += 1;
    state.held = {
      ...{ at: chunk.start + place.from, len: place.next - place.from, beyond: 0, lines: 1 },
      ...{ match, line, more: '', wide, clean, slow, cut },
      ...{ goesOn: match?.partial && match.stream, whole: undefined },
      ...{ modified: chunk.modified, readAt: chunk.readAt, touched: chunk.readAt, blankLines: 0, blankBytes: 0 },
    };
    waiting.add(state);
  }

  /** The record of the generation before, where the line goes on with it; else that record is complete. */
  function carriedOver(state: FileState, line: Draft, len: number): Held | undefined {
    if (followed?.state !== state) return undefined;
    const { previous, complete } = followed;
    const { held } = previous;
    if (held && isLost(line.match) && !line.slow && hasRoom(held, len)) return held;
    followed = undefined;
    complete();
    return undefined;
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
    held.goesOn = line.match?.partial && line.match.stream;
  }

  /** The next piece of the last line that was taken. */
  function glue(held: Held, chunk: Chunk, { line, match, cut }: Draft, { from, next }: LinePlace): void {
    if (held.more !== '') held.more += line;
    else {
      held.line += line;
      held.whole ??= held.match?.partial;
    }
    held.lines += held.blankLines + 1;
    held.len += held.blankBytes + next - from;
    held.blankLines = 0;
    held.blankBytes = 0;
    held.clean = false;
    held.cut ||= cut;
    held.touched = chunk.readAt;
    held.goesOn = match?.partial && match.stream;
  }

  /** Puts a line together that came in pieces. */
  function complete(held: Held): void {
    if (!held.whole) return;
    unmatched -= Number(isLost(held.match));
    held.match = held.whole(held.line);
    unmatched += Number(isLost(held.match));
  }

  function release(state: FileState): void {
    const { held } = state;
    if (!held) return;
    forget(state);
    complete(held);
    draft.name = state.name;
    Object.assign(draft, pick(held));
    if (policy === 'drop' && isLost(held.match) && !held.slow) {
      state.skip += held.len;
      tally.dropped(held.lines, held.len + held.beyond);
    } else {
      const outcome = writer.write(draft, state, held.at, held.len);
      tally[outcome](held.lines, held.len + held.beyond);
      if (outcome !== 'sent') state.skip += held.len;
    }
    state.skip += held.blankBytes;
    tally.filtered(held.blankLines, held.blankBytes);
  }

  function forget(state: FileState): void {
    state.held = undefined;
    waiting.delete(state);
  }

  return {
    follow(state, previous, complete) {
      followed = { state, previous, complete };
    },
    take(state, chunk, line, place) {
      const before = carriedOver(state, line, place.next - place.from);
      if (before) {
        const { len } = before;
        append(before, chunk, line, place);
        state.skip += before.len - len;
        before.beyond += before.len - len;
        before.len = len;
        return;
      }
      const { held } = state;
      const roomy = held !== undefined && hasRoom(held, place.next - place.from);
      if (roomy && held.goesOn !== undefined && held.goesOn === line.match?.stream) glue(held, chunk, line, place);
      else if (roomy && policy === 'join' && isLost(line.match) && !line.slow) append(held, chunk, line, place);
      else {
        release(state);
        hold(state, chunk, line, place);
      }
      if (policy !== 'join' && state.held?.goesOn === undefined) release(state);
    },
    unmatched: () => unmatched,
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
      held.match = held.match && pattern.match(held.line);
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
function pick({ match, line, more, wide, clean, slow, cut, modified, readAt }: Held): Partial<Draft> {
  return { match, line, more, wide, clean, slow, cut, modified, readAt };
}
