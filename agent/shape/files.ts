/** What the shaper knows of each generation it is at, and how far it got. */
import type { Checkpoint, Chunk, FileContext, FileId } from '../types.ts';
import { CLUE_BYTES, clue } from '../wire/clue.ts';
import type { Identity } from '../wire/identity.ts';
import type { Match } from './draft.ts';

export type FileState = {
  readonly context: FileContext;
  /** The stand-in for an owner. */
  readonly name: string;
  /** What its identity elements begin with. */
  readonly element: string;
  /** Every byte before it was shaped, or is part of the record that waits for continuation lines. */
  end: number;
  /** The clue of the bytes before `end`. */
  clue: string;
  /** Bytes passed over on purpose since the last record; those behind a waiting record are not in it. */
  skip: number;
  /** False until the first record of the generation has gone out. */
  begun: boolean;
  /** The last mark that was given out. */
  mark: Checkpoint;
  /** The record that waits for continuation lines. */
  held: Held | undefined;
  /** The generation in which the record that waits goes on: it is the one right behind this one. */
  into: FileState | undefined;
  /** The generation whose record goes on here. Every line so far belongs to it, so that no mark moves before it is complete. */
  carries: FileState | undefined;
  /** True once the generation has been let go; a record may still wait. */
  closed: boolean;
};

/** A record whose continuation lines may still come. The strings are wide once their chunk is done with. */
export type Held = {
  readonly at: number;
  len: number;
  /** Bytes of its lines that stand at the beginning of the next generation. */
  beyond: number;
  lines: number;
  match: Match | null;
  /** Where its last line is only a piece of one: the stream on which it goes on. */
  goesOn: string | undefined;
  /** Gives the match of the first line, once that has been put together from pieces. */
  whole: ((line: string) => Match) | undefined;
  line: string;
  more: string;
  wide: boolean;
  clean: boolean;
  readonly slow: boolean;
  cut: boolean;
  readonly modified: number;
  readonly readAt: number;
  /** When its last line was read, ms. */
  touched: number;
  /** Blank lines behind it: part of it if a continuation line follows, else passed over. */
  blankLines: number;
  blankBytes: number;
  /** Blank lines of the next generation, which are passed over there: they separate what stands before and behind them. */
  gaps: number;
};

/** Of how many generations that were let go the end is remembered, for the sake of their successors. */
const REMEMBERED = 1024;

export type Ending = { readonly end: number; readonly skip: number };

export type FileStates = {
  open(context: FileContext, parts: Pick<FileState, 'name' | 'element'>): void;
  /** Throws an Error when the file has not been opened. */
  get(file: FileId): FileState;
  find(file: FileId): FileState | undefined;
  /** Forgets the file, except for where it ended. */
  drop(state: FileState): void;
  /** Forgets the file altogether. */
  remove(file: FileId): void;
  /** Where a file that was dropped ended. */
  ending(file: FileId): Ending | undefined;
  setEnding(file: FileId, ending: Ending | undefined): void;
  /** For the first record of a generation: what came before it, as far as it has been dealt with by now. */
  predecessor(state: FileState): Pick<Identity, 'after' | 'prevskip'>;
};

export function createFileStates(): FileStates {
  const states = new Map<FileId, FileState>();
  /** Oldest first. */
  const endings = new Map<FileId, Ending>();

  function setEnding(file: FileId, ending: Ending | undefined): void {
    if (!ending) {
      endings.delete(file);
      return;
    }
    endings.set(file, ending);
    const [oldest] = endings.keys();
    if (endings.size > REMEMBERED && oldest !== undefined) endings.delete(oldest);
  }

  return {
    open(context, { name, element }) {
      const { file, offset, skip } = context;
      // One by one: put together from parts it takes twice the room, and there may be ten thousand.
      states.set(file, {
        context,
        name,
        element,
        end: offset,
        clue: '',
        skip,
        begun: offset - skip > 0,
        mark: { file, offset, skip, clue: '' },
        held: undefined,
        into: undefined,
        carries: undefined,
        closed: false,
      });
    },
    get(file) {
      const state = states.get(file);
      if (!state) throw new Error(`generation ${file} was not opened before its first chunk was shaped`);
      return state;
    },
    find: (file) => states.get(file),
    drop(state) {
      const { file } = state.context;
      if (states.get(file) === state) states.delete(file);
      setEnding(file, { end: state.mark.offset, skip: state.mark.skip });
    },
    remove: (file) => void states.delete(file),
    ending: (file) => endings.get(file),
    setEnding,
    predecessor({ context: { after } }) {
      if (!after) return {};
      const live = states.get(after.file)?.mark;
      const { end, skip } = live ? { end: live.offset, skip: live.skip } : (endings.get(after.file) ?? after);
      endings.delete(after.file);
      return { after: { gen: after.gen, end }, prevskip: skip || undefined };
    },
  };
}

/** The checkpoint at `offset`, which lies in the chunk or at its end. */
function markAt(chunk: Chunk, offset: number, skip: number): Checkpoint {
  return { file: chunk.file, offset, skip, clue: clue(bytesBefore(chunk, offset)) };
}

/** The record of `previous` that waits goes on in `state`. */
export function link(previous: FileState, state: FileState): void {
  previous.into = state;
  state.carries = previous;
}

export function unlink(previous: FileState): void {
  if (previous.into) previous.into.carries = undefined;
  previous.into = undefined;
}

/** A chunk was shaped: moves the generation's end, and its mark as far as nothing waits. */
export function advance(state: FileState, chunk: Chunk): void {
  const isFirst = state.clue === '';
  const last = markAt(chunk, chunk.end, state.skip);
  state.end = chunk.end;
  state.clue = last.clue;
  if (state.carries) {
    if (isFirst) state.mark = markAt(chunk, chunk.start, state.mark.skip);
  } else if (!state.held) state.mark = last;
  else if (state.held.at >= chunk.start) state.mark = markAt(chunk, state.held.at, state.skip);
}

/** Nothing of the generation waits any more: moves its mark to its end. */
export function catchUp(state: FileState): Checkpoint {
  const { context, end, skip } = state;
  state.mark = { file: context.file, offset: end, skip, clue: state.clue };
  return state.mark;
}

function bytesBefore({ bytes, before, start }: Chunk, offset: number): Uint8Array {
  // Where bytes were passed over, `before` are those before the end of them.
  const index = Math.min(offset - start, bytes.length);
  if (index >= CLUE_BYTES) return bytes.subarray(index - CLUE_BYTES, index);
  return Buffer.concat([before, bytes.subarray(0, index)]).subarray(-CLUE_BYTES);
}
