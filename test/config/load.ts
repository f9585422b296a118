/** Configurations out of a string, for the tests. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { ConfigProblems } from '../../agent/config.ts';
import type { Environment } from '../../agent/config-env.ts';
import { type Loaded, loadConfig } from '../../agent/sections.ts';
import type { Config, DestinationConfig, InputConfig } from '../../agent/types.ts';

/** The folder in which the configurations of this test file lie, as `config.conf`. */
export const folder: string = fs.mkdtempSync(path.join(os.tmpdir(), 'tailship-'));
after(() => fs.rmSync(folder, { recursive: true }));

/** Loads `config.conf` with this text, on a host called `host` in Berlin. */
export function load(text: string | Uint8Array, env: Environment = {}): Loaded {
  fs.writeFileSync(path.join(folder, 'config.conf'), text);
  return loadConfig({ file: 'config.conf', env, cwd: folder, hostname: 'host', timezone: 'Europe/Berlin' });
}

export function config(text: string, env: Environment = {}): Config {
  return load(text, env).config;
}

/** The first input that the text makes. */
export function input(text: string, env: Environment = {}): InputConfig {
  return config(text, env).inputs[0]!;
}

/** The first destination that the text makes. */
export function destination(text: string, env: Environment = {}): DestinationConfig {
  return config(text, env).destinations[0]!;
}

/** What is wrong with the text: one line for each problem, none when it is fine. */
export function problems(text: string | Uint8Array, env: Environment = {}): string[] {
  try {
    load(text, env);
    return [];
  } catch (error) {
    if (error instanceof ConfigProblems) return error.message.split('\n');
    throw error;
  }
}

/** The one problem with `key = value` in a section, without its place. */
export function problem(section: string, key: string, value: string): string {
  const found = problems(`[${section}]\n${key} = ${value}\n`);
  assert.equal(found.length, 1, `${key} = ${value}: ${found}`);
  assert.match(found[0]!, /^config\.conf:2: .+[.?]$/);
  return found[0]!.slice('config.conf:2: '.length);
}
