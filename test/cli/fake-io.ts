/** The outside world of a command, kept in memory. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runCli } from '../../agent/cli/cli.ts';
import type { Io } from '../../agent/cli/io.ts';

export type Ran = { readonly code: number; readonly out: string; readonly err: string };

export type World = {
  readonly folder: string;
  /** Writes a file in the folder and gives its path. */
  write(name: string, text: string | Buffer): string;
  /** Runs a command line to its end. */
  run(...argv: string[]): Promise<Ran>;
  /** Runs a command line with something special about it. */
  runWith(special: Partial<Io>, ...argv: string[]): Promise<Ran>;
  [Symbol.dispose](): void;
};

/**
 * A folder of its own, with an empty config.conf in it and a spool path in the environment, so that no test meets the machine's
 * own configuration or agent.
 */
export function createWorld(): World {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tailship-'));
  fs.writeFileSync(path.join(folder, 'config.conf'), '');
  const runWith = async (special: Partial<Io>, ...argv: string[]): Promise<Ran> => {
    let out = '';
    let err = '';
    const io: Io = {
      stdin: noInput(),
      stdout: sink((text) => (out += text)),
      stderr: sink((text) => (err += text)),
      env: { TAILSHIP_SPOOL_PATH: path.join(folder, 'spool.db') },
      cwd: folder,
      stop: new AbortController().signal,
      on: () => {},
      ...special,
    };
    return { code: await runCli(argv, io), out, err };
  };
  return {
    folder,
    write(name, text) {
      const file = path.join(folder, name);
      fs.writeFileSync(file, text);
      return file;
    },
    run: (...argv) => runWith({}, ...argv),
    runWith,
    [Symbol.dispose]: () => fs.rmSync(folder, { recursive: true, force: true }),
  };
}

export function sink(take: (text: string) => void): Io['stdout'] {
  return {
    write(data, done) {
      take(typeof data === 'string' ? data : Buffer.from(data).toString());
      done?.();
    },
  };
}

async function* noInput(): AsyncGenerator<Buffer> {}
