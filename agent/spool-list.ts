/** The composition behind `tailship spool ls`: what waits, seen from outside. */
import fs from 'node:fs';
import { realClock } from './ops/clock.ts';
import type { Look } from './ops/paint.ts';
import { type Listed, renderListed, type Waiting } from './ops/spooltext.ts';
import { loadConfig } from './sections.ts';
import { type Inspection, inspectStore } from './store/inspect.ts';
import type { Config } from './types.ts';

export type SpoolParts = {
  /** What -c named. */
  readonly file: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
};

/** What waits, by destination, for machines and as text. Throws ConfigProblems and StoreProblem. */
export function listSpool(parts: SpoolParts): { readonly json: Listed; text(look: Look): string } {
  const { config } = loadConfig(parts);
  const found = inspectStore(config.spool.path);
  const json: Listed = {
    path: config.spool.path,
    exists: found !== undefined,
    running: found?.held ?? false,
    // A running agent has a part of it in SQLite's log.
    size:
      found === undefined
        ? 0
        : found.size + (fs.statSync(`${config.spool.path}-wal`, { throwIfNoEntry: false })?.size ?? 0),
    now: realClock.now(),
    destinations: waitingIn(config, found),
  };
  return { json, text: (look) => renderListed(json, look) };
}

/** Every destination that is configured or for which something is kept. */
export function waitingIn(config: Config, found: Inspection | undefined): Waiting[] {
  const configured = config.destinations.map(({ name }) => name);
  const none = { rows: 0, lines: 0, bytes: 0, oldest: undefined };
  const kept = [...(found?.spools.keys() ?? []), ...(found?.refused.keys() ?? [])];
  return [...new Set([...configured, ...kept])].map((name) => ({
    name,
    orphaned: !configured.includes(name),
    ...(found?.spools.get(name) ?? none),
    refused: found?.refused.get(name) ?? none,
  }));
}
