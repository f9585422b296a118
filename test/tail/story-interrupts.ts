/**
 * Stories in which the world does not wait for the agent. Either the application and logrotate write, rotate and pack between any two
 * of its own calls of the file system, in the middle of a look; or the file system refuses some of these calls for the moment. No byte
 * is gone by either, so all must arrive, once, in order.
 */
import path from 'node:path';
import type { Files } from '../../agent/tail/files.ts';
import type { Story } from './story-steps.ts';

/** Steps that take bytes away are left out: what a look that is half done has seen of them is not told by any model. */
export const TAKING_AWAY: ReadonlySet<string> = new Set([
  'copyTruncate',
  'slowCopy',
  'save',
  'truncate',
  'delete',
  'replaceFolder',
]);

/** How often something happens before a call, and how often at most during one step of the agent. */
const SHARE = 0.04;
const MOST = 4;
/** How many calls are refused, of those of the agent. */
const REFUSED = 0.01;
const STEPS = ['write', 'write', 'rename', 'rename', 'gzip'] as const;

export type Interrupts = {
  readonly files: Files;
  /** Whom it concerns; the agent's first steps are left in peace. */
  world: Story | undefined;
  /** Runs a step of the agent, in the middle of which things happen. */
  during(step: () => void): void;
  /** Calls that were refused. */
  refusals(): number;
};

export type Disturbance = 'meanwhile' | 'refused';

export function interrupted(files: Files, random: () => number, what: Disturbance | undefined): Interrupts {
  let disturbed = false;
  let left = 0;
  let refusals = 0;

  function happen(world: Story): void {
    if (!disturbed || left === 0 || random() >= SHARE) return;
    left -= 1;
    disturbed = false;
    world.calm = true;
    const step = STEPS[Math.floor(random() * STEPS.length)]!;
    world[step]();
    world.steps.push(`    meanwhile: ${step} (${world.next - 1})`);
    world.calm = false;
    disturbed = true;
  }

  function refuse(world: Story, verb: string, asked: unknown): void {
    if (world.calm || random() >= REFUSED) return;
    refusals += 1;
    world.steps.push(`    refused: ${verb} ${typeof asked === 'string' ? path.basename(asked) : ''}`);
    throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });
  }

  function before<V extends Exclude<keyof Files, 'close'>>(verb: V): Files[V] {
    const call = files[verb] as (...given: unknown[]) => unknown;
    const disturb = (...given: unknown[]): unknown => {
      const { world } = interrupts;
      if (world && what === 'meanwhile') happen(world);
      if (world && what === 'refused') refuse(world, verb, given[0]);
      return call(...given);
    };
    return disturb as Files[V];
  }

  const interrupts: Interrupts = {
    files: {
      ...{ stat: before('stat'), lstat: before('lstat'), fstat: before('fstat'), open: before('open') },
      ...{ read: before('read'), list: before('list'), real: before('real'), close: files.close },
    },
    world: undefined,
    during(step) {
      disturbed = true;
      left = MOST;
      step();
      disturbed = false;
    },
    refusals: () => refusals,
  };
  return interrupts;
}
