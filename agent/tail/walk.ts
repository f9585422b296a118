/**
 * One destination's way through all chains of an input, in fair turns: one chunk of a chain, then the next one's.
 * Only chains of which something is to be expected are asked, so that ten thousand idle ones cost nothing.
 */
import type { Chunk, FileContext, FileId } from '../types.ts';
import { createBeginning } from './beginning.ts';
import type { Chain } from './chain-parts.ts';
import { Course } from './course.ts';
import type { CourseParts } from './course-parts.ts';
import type { Gen } from './generation.ts';
import type { LegParts } from './leg.ts';
import { createLoopGuard } from './loop.ts';
import type { Registry } from './registry.ts';
import type { Mark } from './rotation-parts.ts';
import { type FileStatus, statusOf } from './status.ts';

/** Where one destination stands in the files of one input. */
export type TailWalk = {
  /**
   * The next chunk in turn; undefined where there is none until `wake` is called again.
   * With `leaving` only of generations that are no longer the live file, which may vanish.
   */
  next(only?: 'leaving'): Chunk | undefined;
  /** With `once`: everything that stood in the files at the start was given out. */
  finished(): boolean;
  status(): FileStatus[];
  /** The same, one after the other. */
  each(): Iterable<FileStatus>;
  /** Another number as soon as `status` may say something else. */
  revision(): number;
};

/**
 * So many chains keep what reads them; the one that was read longest ago gives it up, and goes on from where it stands. With ten
 * thousand files that hold data that would otherwise take as much memory as all else that is known of them.
 */
const LATELY = 64;

/** What tail itself needs of a walk. */
export type InnerWalk = TailWalk & {
  readonly destination: string;
  /** Takes note that a chain may have something to read. */
  note(chain: Chain): void;
  /** Takes note that there is something new to say of a chain. */
  noted(): void;
  forget(chain: Chain): void;
  /** Takes note that nothing is expected of a chain for a while. */
  rest(chain: Chain): void;
  unread(chain: Chain, gen: Gen): number | undefined;
  mark(chain: Chain, gen: Gen): Mark | undefined;
  close(): void;
};

export type WalkParts = LegParts & {
  readonly destination: string;
  readonly registry: Registry;
  opened(context: FileContext): void;
  closed(file: FileId): void;
  /** Every chain of the input. */
  chains(): Iterable<Chain>;
  /** True once the first look at the files is over. */
  started(): boolean;
  wake(): void;
};

/** Steps without a chunk (looking through a hole, past an overlong line) before the caller gets to do something else. */
const PATIENCE = 16;

export function createWalk(parts: WalkParts): InnerWalk {
  const courses = new Map<Chain, Course>();
  const ready = new Set<Course>();
  const loopOf = createLoopGuard(() => parts.registry.generations(parts.input.name));
  /** Courses that were read, the last one last. */
  const lately = new Set<Course>();
  let revision = 0;
  /** Courses that read what they themselves had sent. */
  const halted = new Set<Course>();

  const courseParts: CourseParts = {
    ...parts,
    beginning: createBeginning(parts),
    wake(chain) {
      ready.add(courseOf(chain));
      parts.wake();
    },
  };

  /** Whether the server wrote the records of this input into this very file; then nothing of it is read any more. */
  function turnsBack(course: Course, { bytes }: Chunk): boolean {
    const gen = loopOf(bytes);
    if (gen === undefined) return false;
    const { path } = course.chain;
    const cure = `Let the server write them elsewhere, or take the file out of the input; then: tailship rewind ${path} --to end`;
    course.chain.halt(
      `${path} holds records that tailship itself made of it (f="${gen}"): it is not read any more. ${cure}`,
    );
    halted.add(course);
    return true;
  }

  function courseOf(chain: Chain): Course {
    let course = courses.get(chain);
    if (course) return course;
    course = new Course(courseParts, chain);
    courses.set(chain, course);
    return course;
  }

  /** A course was read: the one before so many others closes what it reads with. */
  function wasRead(course: Course): void {
    lately.delete(course);
    lately.add(course);
    const [oldest] = lately;
    if (lately.size <= LATELY || !oldest) return;
    lately.delete(oldest);
    oldest.rest();
  }

  function next(only?: 'leaving'): Chunk | undefined {
    const leaving = only === 'leaving';
    let patience = PATIENCE;
    for (const course of ready) {
      if (leaving && !course.leaving()) continue;
      if (halted.has(course)) {
        ready.delete(course);
        continue;
      }
      revision += 1;
      const got = course.step(leaving);
      // In the middle of a hole what reads a file knows how far that was looked through.
      if (got !== 'again') wasRead(course);
      if (got !== undefined || !leaving) ready.delete(course);
      if (got === undefined || (got !== 'again' && turnsBack(course, got))) continue;
      // At the end of the line: a set is walked in the order of insertion.
      ready.add(course);
      if (got !== 'again') return got;
      patience -= 1;
      if (patience > 0) continue;
      parts.clock.after(0, parts.wake);
      return undefined;
    }
    return undefined;
  }

  function* each(): Generator<FileStatus> {
    for (const chain of parts.chains()) yield* statusOf(courseOf(chain));
  }

  return {
    destination: parts.destination,
    next,
    finished() {
      if (!parts.once || !parts.started()) return false;
      for (const chain of parts.chains()) {
        const course = courseOf(chain);
        if (!halted.has(course) && !course.finished()) return false;
      }
      return true;
    },
    status: () => [...each()],
    each,
    revision: () => revision,
    noted() {
      revision += 1;
    },
    note(chain) {
      revision += 1;
      const course = courseOf(chain);
      course.sync();
      // What is read no more is not held open either.
      if (halted.has(course)) course.abandon();
      ready.add(course);
    },
    forget(chain) {
      const course = courses.get(chain);
      if (!course) return;
      revision += 1;
      course.close();
      ready.delete(course);
      lately.delete(course);
      halted.delete(course);
      courses.delete(chain);
    },
    rest: (chain) => courses.get(chain)?.rest(),
    unread: (chain, gen) => courseOf(chain).unread(gen),
    mark: (chain, gen) => courseOf(chain).mark(gen),
    close() {
      for (const course of courses.values()) course.close();
    },
  };
}
