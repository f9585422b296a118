/** The composition behind `tailship status`: the running agent's own words, else what stands in the state file. */
import fs from 'node:fs';
import { renderBrief } from './ops/brief.ts';
import { realClock } from './ops/clock.ts';
import { askControl } from './ops/control.ts';
import type { Look } from './ops/paint.ts';
import type { FileLine, InputBooks, Status, Stopped } from './ops/status.ts';
import { renderStatus, renderStopped } from './ops/statustext.ts';
import { NO_ROWS, orphansOf } from './orphans.ts';
import { loadConfig } from './sections.ts';
import { type Inspection, inspectStore } from './store/inspect.ts';
import type { Config, Generation } from './types.ts';

export type Answer = {
  /** True when an agent runs, whether or not it answers. */
  readonly running: boolean;
  /** The same for machines; only a running agent's object has `agent`. */
  readonly json: Status | Stopped;
  /** Without a look: as wide as is easy to read, without colours. */
  text(look?: Look): string;
  /** The same in a few sentences. */
  readonly brief: readonly string[];
};

export type StatusParts = {
  /** What -c named. */
  readonly file: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
};

/**
 * Asks once. Throws ConfigProblems, ControlProblem when an agent is there and cannot be asked, and StoreProblem when the
 * state cannot be read.
 */
export async function askStatus(parts: StatusParts): Promise<Answer> {
  const { config } = loadConfig(parts);
  const answer = await askControl(`${config.spool.path}.sock`, '/status');
  if (answer !== undefined) {
    const json = JSON.parse(answer) as Status;
    return { running: true, json, text: (look) => renderStatus(json, look), brief: renderBrief(json) };
  }
  const json = readStopped(config);
  const running = json.holder !== undefined;
  const brief = [running ? 'Status: tailship does not answer' : 'Status: tailship is not running'];
  return { running, json, text: (look) => renderStopped(json, look), brief };
}

function readStopped(config: Config): Stopped {
  const found = inspectStore(config.spool.path);
  return {
    ...{ state: config.spool.path, exists: found !== undefined, config: config.source, now: realClock.now() },
    // Whoever has just taken the lock may not have written who it is.
    holder: found?.held ? (found.holder ?? { pid: 0, started: realClock.now(), command: 'not known' }) : undefined,
    destinations: found ? config.destinations.map(({ name }) => destinationOf(config, found, name)) : [],
    orphaned: found ? orphansOf(config, found, found.ledger) : [],
    lost: found?.losses ?? [],
  };
}

function destinationOf(config: Config, found: Inspection, name: string): Stopped['destinations'][number] {
  const spool = found.spools.get(name) ?? NO_ROWS;
  const inputs = found.ledger
    .filter((row) => row.destination === name)
    .map(
      (row): InputBooks => ({
        name: row.input,
        paths: config.inputs.find((input) => input.name === row.input)?.paths ?? [],
        ledger: { ...row, underway: { lines: 0, bytes: 0 } },
        files: found.generations
          .filter(({ input }) => input === row.input)
          .flatMap((generation) => fileOf(generation, found, name) ?? []),
      }),
    );
  return { name, spool, inputs };
}

/** A generation that still has a name, as far as a look at that name tells. */
function fileOf(generation: Generation, found: Inspection, destination: string): FileLine | undefined {
  const { path, chain, file, gen, clues } = generation;
  if (path === undefined) return undefined;
  const mark = found.checkpoints.find((one) => one.file === file && one.destination === destination);
  const settled = mark?.offset ?? 0;
  const stat = fs.statSync(path, { throwIfNoEntry: false });
  const same = stat?.ino === clues.ino && stat.dev === clues.dev;
  const archive = /\.(?:gz|zst|bz2|xz)$/.test(path);
  const size = same && !archive ? stat.size : undefined;
  return {
    ...{ path, chain, gen, size, read: settled, settled },
    state: same ? 'there' : stat ? 'another file' : 'gone',
    behind: Math.max(0, (size ?? 0) - settled),
    modified: same ? stat.mtimeMs : undefined,
    ...{ oldest: undefined, rate: undefined },
    note: same ? undefined : 'renamed or deleted since; looked for at the next start',
  };
}
