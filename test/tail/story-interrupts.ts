/**
 * A story in which the application and logrotate do not wait for the agent: they write, rotate and pack between any two of its own
 * calls of the file system, in the middle of a look. No byte is gone by that, so all must arrive, once, in order.
 */
import type { Files } from '../../agent/tail/files.ts';
import type { Story } from './story-steps.ts';

/** Steps that take bytes away are left out: what a look that is half done has seen of them is not told by any model. */
export const TAKING_AWAY: ReadonlySet<string> = new Set(['copyTruncate', 'slowCopy', 'save', 'truncate', 'delete']);

/** How often something happens before a call, and how often at most during one step of the agent. */
const SHARE = 0.04;
const MOST = 4;
const STEPS = ['write', 'write', 'rename', 'rename', 'gzip'] as const;

export type Interrupts = {
  readonly files: Files;
  /** Runs a step of the agent, in the middle of which things happen. */
  during(world: Story, step: () => void): void;
};

export function interrupted(files: Files, random: () => number): Interrupts {
  let disturbed: Story | undefined;
  let left = 0;

  function happen(): void {
    const world = disturbed;
    if (!world || left === 0 || random() >= SHARE) return;
    left -= 1;
    disturbed = undefined;
    world.calm = true;
    const step = STEPS[Math.floor(random() * STEPS.length)]!;
    world[step]();
    world.steps.push(`    meanwhile: ${step} (${world.next - 1})`);
    world.calm = false;
    disturbed = world;
  }

  function wrapped(): Files {
    const before =
      <A extends unknown[], R>(call: (...given: A) => R) =>
      (...given: A): R => {
        happen();
        return call(...given);
      };
    return {
      stat: before(files.stat),
      fstat: before(files.fstat),
      open: before(files.open),
      read: before(files.read),
      list: before(files.list),
      real: before(files.real),
      close: files.close,
    };
  }

  return {
    files: wrapped(),
    during(world, step) {
      disturbed = world;
      left = MOST;
      step();
      disturbed = undefined;
    },
  };
}
