/** What a shaper remembers of a generation, as plain data: so that another one can go on where it stopped, in another thread too. */
import type { FileContext, FileId } from '../types.ts';
import { garbage } from '../wire/garbage.ts';
import { type Ending, type FileState, type FileStates, type Held, link, unlink } from './files.ts';
import type { Joiner } from './join.ts';
import type { Pattern } from './pattern.ts';

export type FileMemory = {
  readonly file: FileId;
  /** Undefined where the generation is not open. */
  readonly state: StateMemory | undefined;
  /** Where it ended, as long as a successor may want to know. */
  readonly ending: Ending | undefined;
};
type StateMemory = Pick<FileState, 'end' | 'clue' | 'skip' | 'begun' | 'mark' | 'closed'> & {
  readonly context: FileContext;
  readonly held: HeldMemory | undefined;
  readonly into: FileId | undefined;
  readonly carries: FileId | undefined;
};
/** A match holds functions and is made anew from the line. */
type HeldMemory = Omit<Held, 'match' | 'whole'> & { readonly matched: boolean };

export type Memory = {
  recall(file: FileId): FileMemory;
  adopt(memory: FileMemory): void;
};

export function createMemory(states: FileStates, joiner: Joiner, pattern: Pattern): Memory {
  function recallState({ end, clue, skip, begun, mark, closed, ...state }: FileState): StateMemory {
    const { context, held, into, carries } = state;
    return {
      ...{ context, end, clue, skip, begun, mark, closed, held: held && recallHeld(held) },
      ...{ into: into?.context.file, carries: carries?.context.file },
    };
  }

  function recallHeld({ match, whole: _, ...held }: Held): HeldMemory {
    return { ...held, matched: match !== null };
  }

  function heldOf({ matched, ...held }: HeldMemory): Held {
    return { ...held, match: matched ? pattern.match(held.line) : null, whole: undefined };
  }

  return {
    recall(file) {
      const state = states.find(file);
      return { file, state: state && recallState(state), ending: states.ending(file) };
    },
    adopt({ file, state: memory, ending }) {
      states.setEnding(file, ending);
      const state = states.find(file);
      if (!state) return;
      if (state.carries) unlink(state.carries);
      joiner.forget(state, memory?.held?.at);
      if (!memory) {
        states.remove(file);
        return;
      }
      const { context: _, held, into, carries, ...plain } = memory;
      Object.assign(state, plain);
      if (held) {
        joiner.restore(state, heldOf(held));
        garbage.look();
      }
      // Whichever of two comes later ties them together.
      const [next, previous] = [into, carries].map((other) => other !== undefined && states.find(other));
      if (next) link(state, next);
      if (previous) link(previous, state);
    },
  };
}
