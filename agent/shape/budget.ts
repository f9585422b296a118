/**
 * A time budget for patterns that V8 cannot run in linear time, such as `^(\w{1,20}\s?)*$`: on some lines they would take longer
 * than the world lasts. An interrupt ends such a match, and a pattern that was ended too often is set aside.
 */
import vm from 'node:vm';
import type { Match } from './draft.ts';
import type { Pattern } from './pattern.ts';

/** What stands for the match of a line on which the pattern took too long, or on which it was not tried any more. */
export const SLOW = 'slow';

/** A line that waits for its match; empty for a blank one. */
export type Waiting = { readonly line: string; readonly clean: boolean; readonly from: number; readonly next: number };

export type Budget = {
  /** Tries the pattern on lines, each of which gets its result. It always comes to an end. */
  match(lines: readonly string[]): readonly (Match | null | typeof SLOW)[];
  /** Lines on which the pattern took too long. */
  overruns(): number;
  /** True once it was set aside. */
  setAside(): boolean;
};

/** How long all lines together may take before they are looked at one by one, and how long a single one may take then, ms. */
const TOGETHER = 250;
const ALONE = 100;
/** After so many lines that took too long the pattern is set aside. */
const MOST_OVERRUNS = 10;

export type Limits = { readonly together: number; readonly alone: number; readonly most: number };

const LIMITS: Limits = { together: TOGETHER, alone: ALONE, most: MOST_OVERRUNS };

export function createBudget(match: (line: string) => Match | null, limits: Limits = LIMITS): Budget {
  let overruns = 0;

  return {
    match(lines) {
      const results: (Match | null | typeof SLOW)[] = [];
      while (results.length < lines.length) {
        if (overruns >= limits.most) return [...results, ...lines.slice(results.length).map(() => SLOW)];
        const rest = () => {
          while (results.length < lines.length) results.push(match(lines[results.length]!));
        };
        if (within(limits.together, rest)) break;
        // The line that was interrupted may be a harmless one at the end of many: it gets time of its own.
        const line = lines[results.length];
        if (line === undefined || within(limits.alone, () => results.push(match(line)))) continue;
        overruns += 1;
        results.push(SLOW);
      }
      return results;
    },
    overruns: () => overruns,
    setAside: () => overruns >= limits.most,
  };
}

/** Tries a pattern on lines that are at hand, with a budget where it needs one. */
export function createTrial({ match, risky }: Pattern): Budget['match'] {
  return risky ? createBudget(match).match : (lines) => lines.map(match);
}

/**
 * Runs something that has no effect but its last step, and interrupts it after `ms`. False when it was interrupted. A call takes
 * about half a millisecond.
 */
export function within(ms: number, run: () => void): boolean {
  hook.run = run;
  try {
    tool ??= { context: vm.createContext(hook), script: new vm.Script('run()') };
    tool.script.runInContext(tool.context, { timeout: ms });
    return true;
  } catch (error) {
    // The error is one of the script's own context, so it is no instance of our Error.
    if ((error as { readonly code?: unknown } | null)?.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return false;
    throw error;
  } finally {
    hook.run = undefined;
  }
}

const hook: { run: (() => void) | undefined } = { run: undefined };
/**
 * Made when it is first needed, for few patterns need it. The interrupt ends all that runs in the thread, so also a match outside of
 * the script's own context.
 */
let tool: { readonly context: vm.Context; readonly script: vm.Script } | undefined;

/** For the operator, when the pattern of an input is set aside. */
export function setAsideSentence(name: string): string {
  return `The pattern of input ${name} took too long on too many lines and is set aside until the next start: its lines are shipped whole, with SLOW in their JSON. 'tailship check' says what makes it slow.`;
}
