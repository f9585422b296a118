/**
 * The configuration, composed: the rooms' tables become the sections of the file, and what the operator wrote becomes the
 * frozen Config that the rooms take. The mechanism is in config.ts, what follows from several keys in config-build.ts.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import * as z from 'zod/mini';
import { ConfigProblems, find, type Origin, readSettings, type Settings } from './config.ts';
import { buildConfig, namesInEffect, takesScriptPattern } from './config-build.ts';
import type { Environment } from './config-env.ts';
import { type Sections, sectionText } from './config-names.ts';
import { readWritten } from './config-text.ts';
import { agentOptions, logOptions, statusOptions } from './ops/options.ts';
import {
  anyField,
  anyLevel,
  anyLimit,
  anyOwner,
  anyRedaction,
  levelOptions,
  ownerOptions,
  redactOptions,
  transformOptions,
} from './shape/options.ts';
import { compilePattern } from './shape/pattern.ts';
import { recordOptions } from './shape/record-options.ts';
import { linkOptions } from './ship/options.ts';
import { spoolOptions } from './store/options.ts';
import { inputOptions } from './tail/options.ts';
import type { Config, TransformConfig } from './types.ts';

const ETC = '/etc/tailship/config.conf';

/** A regex that does not compile is a bad value like any other, so it is compiled while the value is read. */
const pattern = {
  ...transformOptions.pattern,
  schema: z.pipe(
    transformOptions.pattern.schema,
    z.transform((value: TransformConfig['pattern']) => {
      compilePattern(value);
      return value;
    }),
  ),
};

/** All sections that a file may have, in the order of the manual. */
export const sections = {
  input: { family: 'input', options: inputOptions },
  transform: { family: 'input', options: { ...transformOptions, pattern } },
  levels: { family: 'input', options: levelOptions, any: anyLevel, fold: (word: string) => word.toUpperCase() },
  owners: { family: 'input', options: ownerOptions, any: anyOwner },
  fields: { family: 'input', options: {}, any: anyField, fold: (word: string) => word.toUpperCase() },
  limit: { family: 'input', options: {}, any: anyLimit },
  redact: { family: 'input', options: redactOptions, any: anyRedaction },
  syslog: { family: 'syslog', options: { ...linkOptions, ...recordOptions } },
  spool: { options: spoolOptions },
  status: { options: statusOptions },
  log: { options: logOptions },
  agent: { options: agentOptions },
} as const satisfies Sections;

export type ConfigParts = {
  /** What `-c` named, absolute or from `cwd`. */
  readonly file: string | undefined;
  readonly env: Environment;
  readonly cwd: string;
  /** The host's own name, found by itself when left out, and what stands for its IANA zone: `local` when left out. */
  readonly hostname?: string;
  readonly timezone?: string;
  /** Reads a file whole, or throws as `fs.readFileSync` does, which it is when left out. */
  readonly read?: (file: string) => Buffer;
};

/** The text that holds for a key, as written (a list's items with commas between), and where it came from. */
type Effective = { readonly text: string; readonly origin: Origin };

export type Loaded = {
  readonly config: Config;
  /** Every key of every section in effect, such as `[input.web] poll`. */
  readonly origins: ReadonlyMap<string, Effective>;
};

/** The file that is read when `-c` names none: ./config.conf, else the one in /etc, else none and the defaults hold. */
export function findConfig(cwd: string, exists: (file: string) => boolean): string | undefined {
  return [path.join(cwd, 'config.conf'), ETC].find(exists);
}

/** Reads the configuration. Throws ConfigProblems with everything that is wrong, and nothing else. */
export function loadConfig(parts: ConfigParts): Loaded {
  const file = parts.file ?? findConfig(parts.cwd, stands);
  const source = file === undefined ? undefined : path.resolve(parts.cwd, file);
  const bytes = source === undefined ? Buffer.alloc(0) : readFile(source, file!, parts.read ?? fs.readFileSync);
  const settings = readSettings(sections, readWritten(bytes), parts.env);
  const config = buildConfig(settings, {
    source,
    cwd: parts.cwd,
    hostname: parts.hostname ?? os.hostname(),
    timezone: parts.timezone ?? 'local',
  });
  if (settings.problems.length > 0) throw new ConfigProblems(file, settings.problems);
  return { config, origins: originsOf(settings) };
}

function originsOf(settings: Settings): ReadonlyMap<string, Effective> {
  const origins = new Map<string, Effective>();
  for (const [kind, section] of Object.entries<Sections[string]>(sections)) {
    const family = section.family === 'input' || section.family === 'syslog' ? section.family : undefined;
    for (const name of family ? namesInEffect(settings, family) : [undefined]) {
      const words = settings.given
        .filter((one) => one.kind === kind && (one.name ?? name) === name)
        .map(({ key }) => key);
      for (const key of new Set([...Object.keys(section.options), ...words])) {
        const given = find(settings, kind, name, key);
        const text = given?.text ?? section.options[key]?.default ?? '';
        origins.set(`${sectionText(kind, name)} ${key}`, { text, origin: given?.origin ?? { from: 'default' } });
      }
    }
  }
  for (const name of namesInEffect(settings, 'input').filter((one) => takesScriptPattern(settings, one))) {
    for (const [key, text] of [
      ['pattern', 'script'],
      ['unmatched', 'drop'],
    ] as const) {
      const at = `${sectionText('transform', name)} ${key}`;
      if (origins.get(at)?.origin.from === 'default') origins.set(at, { text, origin: { from: 'default' } });
    }
  }
  return origins;
}

/** Whether something has this name. What may not be looked at does stand there: reading it will say so. */
function stands(file: string): boolean {
  try {
    fs.lstatSync(file);
    return true;
  } catch (error) {
    const code = codeOf(error);
    return code !== 'ENOENT' && code !== 'ENOTDIR';
  }
}

function readFile(source: string, file: string, read: (file: string) => Buffer): Buffer {
  try {
    return read(source);
  } catch (error) {
    throw new ConfigProblems(file, [{ line: undefined, code: 'config-file', sentence: `${file}: ${reasonOf(error)}` }]);
  }
}

function reasonOf(error: unknown): string {
  switch (codeOf(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'there is no such file. Correct -c, or leave it out for ./config.conf, /etc/tailship/config.conf or the defaults.';
    case 'EISDIR':
      return 'this is a directory. Name the file in it.';
    case 'EACCES':
    case 'EPERM':
      return `it may not be read by this user (uid ${process.getuid?.() ?? 'unknown'}). Give the user read rights to it and to its folders.`;
    default:
      return `it cannot be read (${error instanceof Error ? error.message : error}). Correct that, or name another with -c.`;
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
