/**
 * The composition behind `tailship report`: all that somebody who is to help would ask for. Secrets are left out, and no line of a
 * log file is in it.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { type Checked, check } from './check.ts';
import { secretless, withoutSecrets } from './check-values.ts';
import { openFilesLimit } from './limits.ts';
import { findConfig } from './sections.ts';
import { askStatus } from './status.ts';
import { readVersion } from './version.ts';
import { formatSize } from './wire/units.ts';

export type ReportParts = {
  /** What -c named. */
  readonly file: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly now: Date;
  /** The same as for `check`. */
  readonly outage: number;
  readonly logrotate: string;
};

/** One part of the report. `checked` is left to whoever prints, who knows how findings are shown. */
export type ReportPart =
  | { readonly title: string; readonly text: string }
  | { readonly title: string; readonly checked: Checked };

/** Gathers all parts. What cannot be had is said in its place; it does not throw. */
export async function report(parts: ReportParts): Promise<ReportPart[]> {
  return [
    { title: 'Versions and platform', text: platform(parts.now) },
    { title: 'Configuration', text: configuration(parts) },
    { title: 'Environment', text: environment(parts.env) },
    { title: 'Status', text: await attempt(async () => (await askStatus(parts)).text()) },
    { title: 'Check', checked: await check({ ...parts, connect: true }) },
    {
      title: 'Status as JSON',
      text: await attempt(async () => JSON.stringify((await askStatus(parts)).json, null, 1)),
    },
  ];
}

function platform(now: Date): string {
  const sqlite = attemptNow(() => new Database(':memory:').prepare('SELECT sqlite_version()').pluck().get());
  const name = attemptNow(() => /^PRETTY_NAME="?([^"\n]*)/m.exec(fs.readFileSync('/etc/os-release', 'utf8'))?.[1]);
  return [
    `tailship ${readVersion()}, Node ${process.versions.node}, V8 ${process.versions.v8}, OpenSSL ${process.versions.openssl}, SQLite ${sqlite}`,
    `${name}, ${os.type()} ${os.release()} ${os.arch()}, ${os.availableParallelism()} processors`,
    `Memory ${formatSize(os.totalmem())}, free ${formatSize(os.freemem())}; ${memoryLimit(process.constrainedMemory(), os.totalmem())}`,
    `Open files: ${openFilesLimit()} at most; user ${process.geteuid?.()}, groups ${process.getgroups?.().join(' ')}`,
    `Written at ${now.toISOString()}, zone ${Intl.DateTimeFormat().resolvedOptions().timeZone}, host up for ${Math.round(os.uptime() / 60)} min`,
  ].join('\n');
}

/**
 * What of the machine's memory this process may take. `limit`: what the cgroup says, in bytes; without a limit that is 0 or a number
 * beyond all memory.
 */
export function memoryLimit(limit: number, total: number): string {
  return limit > 0 && limit < total ? `this process may take ${formatSize(limit)}` : 'no limit for this process';
}

function configuration({ file, cwd }: ReportParts): string {
  const found = file ?? findConfig(cwd, fs.existsSync);
  if (found === undefined) return 'There is no configuration file, so the defaults hold.';
  const source = path.resolve(cwd, found);
  return attemptNow(() => `${source}\n\n${withoutSecrets(fs.readFileSync(source, 'utf8'))}`);
}

function environment(env: NodeJS.ProcessEnv): string {
  const own = Object.entries(env).filter(([name]) => /^(TAILSHIP_|NODE_|TZ$)/.test(name));
  return (
    own.map(([name, value]) => `${name}=${secretless(name, value ?? '')}`).join('\n') ||
    'No variable speaks of tailship.'
  );
}

async function attempt(work: () => Promise<string>): Promise<string> {
  try {
    return await work();
  } catch (problem) {
    return `It cannot be had: ${problem instanceof Error ? problem.message : problem}`;
  }
}

function attemptNow<T>(work: () => T): string {
  try {
    return String(work());
  } catch (problem) {
    return `(not known: ${problem instanceof Error ? problem.message : problem})`;
  }
}
