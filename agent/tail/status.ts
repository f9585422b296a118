import type { FileId } from '../types.ts';
import type { Course } from './course.ts';
import { type Leg, positionOf } from './leg.ts';

/** How one generation stands in one walk, for `status`. Sizes in bytes. */
export type FileStatus = {
  /** Where it was last seen. */
  readonly path: string;
  /** The live path of its chain. */
  readonly chain: string;
  readonly file: FileId | undefined;
  readonly gen: string | undefined;
  /** Read up to here. */
  readonly offset: number;
  readonly size: number;
  readonly behind: number;
  readonly state:
    | 'reading'
    | 'read to its end'
    | 'held half line'
    | 'waiting for its turn'
    | 'waiting for its successor'
    | 'read under another name'
    | 'unreadable';
  /** How it was recognised, or why it cannot be read, in words. */
  readonly reason: string;
  /** When the file last changed, ms since the epoch, while something of it is unread: a bound for the age of what waits. */
  readonly waitingSince: number | undefined;
};

function stateOf(leg: Leg, isLast: boolean): FileStatus['state'] {
  // What was appended since has not been looked at: it may end the line.
  if (leg.held && leg.idleAt === leg.gen.version) return 'held half line';
  if (!leg.started && positionOf(leg) < leg.gen.size) return 'waiting for its turn';
  if (leg.idleAt !== leg.gen.version && positionOf(leg) < leg.gen.size) return 'reading';
  return isLast && leg.gen.place !== 'live' ? 'waiting for its successor' : 'read to its end';
}

/** Every generation that the walk still follows in a chain and that is to be had, and the chain itself where it cannot be read. */
export function statusOf(course: Course): FileStatus[] {
  const { chain } = course;
  const legs = course.legs;
  const list: FileStatus[] = legs
    .filter((leg) => !leg.done && leg.gen.place !== 'gone')
    .map((leg) => {
      const { gen } = leg;
      const offset = positionOf(leg);
      const behind = Math.max(0, gen.size - offset);
      return {
        path: gen.path,
        chain: chain.path,
        file: gen.file,
        gen: gen.row.gen,
        offset,
        size: gen.size,
        behind,
        state: stateOf(leg, legs.at(-1) === leg),
        reason: gen.reason,
        waitingSince: behind > 0 ? gen.modified : undefined,
      };
    });
  const nothing = { file: undefined, gen: undefined, offset: 0, size: 0, behind: 0, waitingSince: undefined };
  const unread = (state: FileStatus['state'], reason: string): void => {
    list.push({ path: chain.path, chain: chain.path, ...nothing, state, reason });
  };
  const [trouble, alias] = [chain.trouble(), chain.alias()];
  if (trouble !== undefined) unread('unreadable', trouble);
  else if (alias !== undefined)
    unread('read under another name', `the same file as ${alias}: each line is shipped once`);
  return list;
}
