/** The lines that `tailship try` looks at: a stream cut into chunks by the same harvester that follows files. */
import fs from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { didYouMean } from './nearest.ts';
import { realClock } from './ops/clock.ts';
import { createDiscovery } from './tail/discovery.ts';
import { realFiles } from './tail/files.ts';
import { Harvester } from './tail/harvester.ts';
import type { Source, Take } from './tail/harvester-parts.ts';
import type { Chunk, Config, InputConfig } from './types.ts';
import { CLUE_BYTES, clue } from './wire/clue.ts';
import { linesOf } from './wire/lines.ts';

const NOTHING = new Uint8Array();
/** There is only one file. */
export const TRIED_FILE = 1;

/** There is nothing to look at, or it cannot be read. The message is a sentence with the cure. */
class TryProblem extends Error {}

/** What was asked for cannot be: the command line is wrong. */
class WrongUsage extends TryProblem {
  readonly exit = 2;
}

export type TrySource = {
  /** The input whose settings hold. */
  readonly input: InputConfig;
  /** What is looked at, for people; and the path that the records are named after. */
  readonly name: string;
  readonly path: string;
  readonly bytes: AsyncIterable<Buffer | string>;
  /** The file's time of change, ms since the epoch: it tells the year that a timestamp lacks. */
  readonly modified: number;
};

/**
 * Chooses the file: the one that is named, standard input for `-`, else the first one that the inputs find. Throws TryProblem.
 * `input`: the name of the input whose settings hold; without it the one that follows this file, else the first.
 */
export function chooseSource(
  config: Config,
  asked: {
    readonly source: string | undefined;
    readonly input: string | undefined;
    readonly stdin: AsyncIterable<Buffer | string>;
    readonly cwd: string;
  },
): TrySource {
  const inputs = asked.input === undefined ? config.inputs : [inputNamed(config, asked.input)];
  const first = inputs[0]!;
  if (asked.source === '-') {
    return {
      input: first,
      name: 'standard input',
      path: first.paths[0]!,
      bytes: asked.stdin,
      modified: realClock.now(),
    };
  }
  if (asked.source === undefined) {
    for (const input of inputs) {
      const file = [...discover(input).paths()].find((one) => fs.existsSync(one));
      if (file !== undefined) return openSource(input, file);
    }
    const paths = inputs.flatMap((input) => input.paths).join(', ');
    throw new TryProblem(
      `There is no file yet at ${paths}. Name one: tailship try FILE, or pipe lines in: tailship try -`,
    );
  }
  const file = path.resolve(asked.cwd, asked.source);
  return openSource(inputs.find((input) => discover(input).names(file)) ?? first, file);
}

function inputNamed(config: Config, name: string): InputConfig {
  const found = config.inputs.find((input) => input.name === name);
  if (found) return found;
  const names = config.inputs.map((input) => input.name);
  throw new WrongUsage(`There is no input '${name}'.${didYouMean(name, names) || ` There are: ${names.join(', ')}.`}`);
}

function discover(input: InputConfig) {
  return createDiscovery(realFiles, input, () => false);
}

function openSource(input: InputConfig, file: string): TrySource {
  return { input, ...openFile(file) };
}

/** Opens a file to look at for a command, unpacked where its name ends with .gz. Throws TryProblem, as does the reading. */
export function openFile(file: string, command: 'try' | 'init' = 'try'): Omit<TrySource, 'input'> {
  try {
    const stat = fs.statSync(file);
    if (stat.isDirectory())
      throw new TryProblem(`${file} is a folder. Name a file in it: tailship ${command} ${path.join(file, 'FILE')}`);
    if (command === 'init' && !stat.isFile())
      throw new TryProblem(
        `${file} is no ordinary file but a pipe, a socket or a device, and cannot be followed. Name a log file.`,
      );
    // Opened here, so that a file without read rights is met before the first line.
    const stream = fs.createReadStream(file, { fd: fs.openSync(file, 'r') });
    return { name: file, path: file, bytes: readable(stream, file), modified: stat.mtimeMs };
  } catch (problem) {
    throw problem instanceof TryProblem ? problem : new TryProblem(whyNot(file, problem as NodeJS.ErrnoException));
  }
}

/** The bytes of a file that is open, unpacked where its name ends with .gz. What goes wrong on the way is a sentence too. */
async function* readable(stream: fs.ReadStream, file: string): AsyncGenerator<Buffer> {
  try {
    // What breaks either of them ends the iteration.
    const bytes = file.endsWith('.gz') ? pipeline(stream, createGunzip(), () => {}) : stream;
    yield* bytes as AsyncIterable<Buffer>;
  } catch (problem) {
    throw new TryProblem(whyNot(file, problem as NodeJS.ErrnoException));
  }
}

function whyNot(file: string, { code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT') return `There is no file ${file}. Look for a slip in its name.`;
  if (code === 'EACCES') return `No right to read ${file}. Use sudo, or: tailship try - < FILE with a copy of it.`;
  if (code === 'Z_BUF_ERROR')
    return `${file} ends in the middle: it was cut off, or is still being packed. What stands before that was read.`;
  if (code?.startsWith('Z_')) return `${file} is no gzip, or is damaged (${message}). Look at it with: gzip -t ${file}`;
  return `${file} cannot be read: ${message}.`;
}

/**
 * Gives the stream as chunks of whole lines, an unterminated last line too. Holds no more of it than the harvester asks for.
 * `stop` ends it where it stands, also while it waits for more to come.
 */
export async function* readChunks({ input, bytes, modified }: TrySource, stop: AbortSignal): AsyncGenerator<Chunk> {
  const window = createWindow();
  const harvester = new Harvester(
    { input: input.name, clock: realClock, maxLine: input.maxLine, lines: linesOf(input) },
    { file: TRIED_FILE, clues: { dev: 0, ino: 0, birth: 0, headBytes: 0, head: clue(NOTHING) }, modified },
    window,
    { offset: 0, clue: clue(NOTHING) },
  );
  const take = (final: boolean): Take => harvester.take(window.end(), final);
  function* ready(final: boolean): Generator<Chunk> {
    for (let took = take(final); took.what === 'chunk' || took.what === 'more'; took = take(final)) {
      if (took.what === 'chunk') yield took.chunk;
      window.forget(harvester.position() - CLUE_BYTES);
    }
  }
  for await (const piece of untilStopped(bytes, stop)) {
    window.append(typeof piece === 'string' ? Buffer.from(piece) : piece);
    yield* ready(false);
  }
  yield* ready(true);
}

async function* untilStopped<T>(pieces: AsyncIterable<T>, stop: AbortSignal): AsyncGenerator<T> {
  const iterator = pieces[Symbol.asyncIterator]();
  const stopped = new Promise<undefined>((resolve) => {
    stop.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  while (!stop.aborted) {
    const next = await Promise.race([iterator.next(), stopped]);
    if (!next || next.done) return;
    yield next.value;
  }
}

/** A source that holds only the bytes that may still be asked for. */
function createWindow(): Source & { append(bytes: Buffer): void; forget(before: number): void; end(): number } {
  let held: Buffer = Buffer.alloc(0);
  let start = 0;
  return {
    append(bytes) {
      held = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
    },
    forget(before) {
      if (before <= start) return;
      held = held.subarray(before - start);
      start = before;
    },
    end: () => start + held.length,
    read: (into, position) => held.copy(into, 0, position - start, position - start + into.length),
    close() {},
  };
}
