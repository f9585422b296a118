/**
 * `unmatched = join`: lines that the pattern does not match belong to the record before them, such as a stack trace. So do, under any
 * policy, the pieces into which a container's runtime cuts long lines.
 */
import type { Chunk, TransformConfig } from '../types.ts';
import { clearDraft, type Draft, newDraft } from './draft.ts';
import { type FileState, type Held, link, unlink } from './files.ts';
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
   * A chunk of `state` is next. Its lines, as long as they go on with it, belong to the record of `previous` that waits, the generation
   * before it; their bytes count as passed over in their own generation, for the record bears the identity of the other. So do those of
   * its next chunks, up to the first line that does not go on. `complete` is called before that one, or at once where nothing goes on.
   */
  follow(state: FileState, previous: FileState | undefined, complete: () => void): void;
  /** Records so far whose first line the pattern did not match. */
  unmatched(): number;
  /** Takes a line without text, of `len` bytes. */
  passBlank(state: FileState, len: number): void;
  /** Ships the record that waits, if any. The mark is the caller's affair. */
  release(state: FileState): void;
  /** Bytes were left out: completes the record that waits, and the one that goes on in this generation. */
  end(state: FileState): void;
  /** The chunk is done with: what waits must not refer to it. */
  keep(state: FileState): void;
  /** The generations whose record has waited long enough; no more of them than make a batch of common size. */
  overdue(now: number): FileState[];
  /** Nothing of this generation waits any more. A record that begins at `butAt` keeps its place in the line: it is put back. */
  forget(state: FileState, butAt?: number): void;
  /** Lets a record wait, as another joiner had it. */
  restore(state: FileState, held: Held): void;
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
      ...{
        modified: chunk.modified,
        readAt: chunk.readAt,
        touched: chunk.readAt,
        blankLines: 0,
        blankBytes: 0,
        gaps: 0,
      },
    };
    waiting.add(state);
  }

  /** How a line goes on with a record: as the next piece of its last line, or as a line of its own; undefined where it does not. */
  function wayOn(held: Held | undefined, line: Draft, len: number): 'piece' | 'line' | undefined {
    if (!held || !hasRoom(held, len)) return undefined;
    if (held.goesOn !== undefined && held.goesOn === line.match?.stream) return 'piece';
    return policy === 'join' && isLost(line.match) && !line.slow ? 'line' : undefined;
  }

  function extend(held: Held, chunk: Chunk, { line, match, wide, cut }: Draft, way: 'piece' | 'line'): void {
    // A record that waits since an earlier chunk is text.
    const text = held.wide && !wide ? widen(line) : line;
    if (way === 'line') held.more += `${'\n'.repeat(held.blankLines + held.gaps + 1)}${text}`;
    else if (held.more !== '') held.more += text;
    else {
      held.line += text;
      held.whole ??= held.match?.partial;
    }
    held.lines += held.blankLines + 1;
    held.len += held.blankBytes;
    Object.assign(held, { blankLines: 0, blankBytes: 0, gaps: 0, clean: false, touched: chunk.readAt });
    held.cut ||= cut;
    held.goesOn = match?.partial && match.stream;
  }

  /** Takes a line that goes on with the record of the generation before; else that record is complete. True where it was taken. */
  function carryOn(state: FileState, chunk: Chunk, line: Draft, len: number): boolean {
    if (followed?.state !== state) return false;
    const { previous, complete } = followed;
    const way = wayOn(previous.held, line, len);
    if (previous.held && way) {
      extend(previous.held, chunk, line, way);
      previous.held.beyond += len;
      state.skip += len;
      if (policy === 'join' || previous.held.goesOn !== undefined) return true;
    }
    followed = undefined;
    complete();
    return way !== undefined;
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
    clearDraft(draft);
    state.skip += held.blankBytes;
    tally.filtered(held.blankLines, held.blankBytes);
  }

  function forget(state: FileState, butAt?: number): void {
    unlink(state);
    if (butAt === undefined || state.held?.at !== butAt) waiting.delete(state);
    state.held = undefined;
  }

  return {
    follow(state, previous, complete) {
      const begins = state.clue === '' && previous?.held && (policy === 'join' || previous.held.goesOn !== undefined);
      followed = previous && (state.carries || begins) ? { state, previous, complete } : undefined;
      if (followed) link(followed.previous, state);
      else complete();
    },
    take(state, chunk, line, place) {
      const len = place.next - place.from;
      if (carryOn(state, chunk, line, len)) return;
      const { held } = state;
      const way = wayOn(held, line, len);
      if (held && way) {
        extend(held, chunk, line, way);
        held.len += len;
      } else {
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
        if (state.carries?.held) state.carries.held.gaps += 1;
        state.skip += len;
        tally.filtered(1, len);
      }
    },
    release,
    end(state) {
      if (followed?.state === state) followed.complete();
      followed = undefined;
      release(state);
    },
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
        // A generation that was let go gives nothing more; the next one may.
        if ((!state.closed || state.into) && now - held.touched < PATIENCE) continue;
        due.push(state);
        bytes += held.len;
      }
      return due;
    },
    forget,
    restore(state, held) {
      state.held = held;
      waiting.add(state);
    },
  };
}

function hasRoom(held: Held, len: number): boolean {
  return (
    held.lines + held.blankLines + held.gaps < MOST_LINES &&
    held.len + held.beyond + held.blankBytes + len <= MOST_BYTES
  );
}

/** What a draft takes over from a record that has waited. */
function pick({ match, line, more, wide, clean, slow, cut, modified, readAt }: Held): Partial<Draft> {
  return { match, line, more, wide, clean, slow, cut, modified, readAt };
}
