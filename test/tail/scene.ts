/**
 * A stage for tail: a folder of its own, a clock whose hands the test turns, a registry in memory that survives the agent, and
 * an agent that settles what it reads when it is told to.
 */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { type Files, realFiles } from '../../agent/tail/files.ts';
import { createTail, type Registry, type Tail, type TailParts, type TailWalk } from '../../agent/tail/tail.ts';
import type {
  Checkpoint,
  Chunk,
  Clock,
  FileContext,
  FileId,
  Generation,
  InputConfig,
  Loss,
} from '../../agent/types.ts';
import { CLUE_BYTES, clue } from '../../agent/wire/clue.ts';
import { toldLog } from '../harness/log.ts';

type Hands = Clock & {
  advance(ms: number): void;
  /** Puts the wall clock forward or back; waits do not notice. */
  jump(ms: number): void;
};

/** A clock that stands still until `advance`; its wall clock is the real one, but for `jump`, so that file times compare. */
function createHands(): Hands {
  let ticks = 0;
  let offset = 0;
  let waiting: { due: number; run: () => void }[] = [];
  return {
    now: () => Date.now() + offset,
    jump(ms) {
      offset += ms;
    },
    ticks: () => ticks,
    after(ms, run) {
      const one = { due: ticks + ms, run };
      waiting.push(one);
      return () => {
        waiting = waiting.filter((other) => other !== one);
      };
    },
    advance(ms) {
      const end = ticks + ms;
      for (;;) {
        const next = waiting.filter((one) => one.due <= end).sort((a, b) => a.due - b.due)[0];
        if (!next) break;
        waiting = waiting.filter((one) => one !== next);
        ticks = Math.max(ticks, next.due);
        next.run();
      }
      ticks = end;
    },
  };
}

/** A registry in memory: what the store keeps on disk. */
export function createRegistry(): Registry & {
  settle(destination: string, checkpoint: Checkpoint): void;
  rows: Generation[];
} {
  const rows: Generation[] = [];
  const checkpoints = new Map<string, Checkpoint>();
  const set = (destination: string, checkpoint: Checkpoint): void => {
    checkpoints.set(`${destination} ${checkpoint.file}`, checkpoint);
  };
  return {
    rows,
    generations: (input) => rows.filter((row) => row.input === input),
    add(generation) {
      const row = { ...generation, file: rows.length + 1, gen: randomBytes(8).toString('hex') };
      rows.push(row);
      return row;
    },
    update(file, change) {
      rows[file - 1] = { ...rows[file - 1]!, ...change };
    },
    checkpoint: (destination, file) => checkpoints.get(`${destination} ${file}`),
    begin: set,
    settle: set,
    transaction: (work) => work(),
  };
}

export const inputOf = (paths: readonly string[], more: Partial<InputConfig> = {}): InputConfig => ({
  name: 'app',
  named: false,
  paths,
  state: '/var/lib/tailship/spool.db',
  start: 'beginning',
  rotated: undefined,
  poll: 1000,
  watch: 'poll',
  encoding: 'utf-8',
  maxLine: 1024 * 1024,
  closeAfter: 5000,
  holdSize: 0,
  holdAge: 0,
  transform: {
    pattern: { builtin: 'app' },
    unmatched: 'ship',
    timezone: 'UTC',
    levels: new Map(),
    owners: new Map(),
    redact: { rules: new Map(), hashKey: undefined },
    fields: new Map(),
    limits: [],
  },
  ...more,
});

/** A walk that keeps what it read and settles it. */
type Reader = {
  readonly walk: TailWalk;
  readonly chunks: Chunk[];
  readonly opened: FileContext[];
  readonly closed: FileId[];
  /** Reads all there is, `most` chunks of it, and settles it, unless told not to. */
  read(options?: { settle?: boolean; only?: 'leaving'; most?: number }): string;
  settle(): void;
};

export type Scene = {
  readonly folder: string;
  readonly live: string;
  readonly clock: Hands;
  readonly registry: ReturnType<typeof createRegistry>;
  readonly sentences: string[];
  readonly losses: Loss[];
  readonly tail: Tail;
  readonly reader: Reader;
  readonly readers: readonly Reader[];
  wakes(): number;
  /** Lets the agent look at its files (a poll) and gives all that the first destination then reads. */
  look(): string;
  /** Lets time pass, polls included, and gives what is read by then. */
  pass(ms: number): string;
  /** As `look`, until so much was read: archives are unpacked by and by. */
  until(length: number): Promise<string>;
  /** Drops the agent without a word, unsettled chunks included. */
  kill(): void;
  /** The walks of all destinations end, and others begin where these had settled, as after a reload. */
  reload(): void;
  /** A new agent on the same registry. */
  start(more?: Partial<InputConfig>, options?: { once?: boolean }): void;
  write(text: string | Buffer, name?: string): void;
  rename(to: string, from?: string): void;
  names(): string[];
};

export type SceneOptions = {
  readonly input?: Partial<InputConfig>;
  readonly files?: Files;
  readonly once?: boolean;
  readonly watch?: TailParts['watch'];
  readonly largest?: number;
  readonly destinations?: readonly string[];
  /** False: the test calls `start` itself. */
  readonly start?: boolean;
  /** What the folder holds before the agent looks. */
  readonly before?: Readonly<Record<string, string>>;
};

function createReader(tail: Tail, destination: string, registry: Scene['registry']): Reader {
  const chunks: Chunk[] = [];
  const opened: FileContext[] = [];
  const closed: FileId[] = [];
  let pending: Chunk[] = [];
  const walk = tail.walk(
    destination,
    (context) => opened.push(context),
    (file) => closed.push(file),
  );
  const reader: Reader = {
    ...{ walk, chunks, opened, closed },
    read({ settle = true, only, most = Number.POSITIVE_INFINITY } = {}) {
      let text = '';
      for (let n = 0; n < most; n += 1) {
        const chunk = walk.next(only);
        if (!chunk) break;
        chunks.push(chunk);
        pending.push(chunk);
        text += chunk.bytes.toString();
      }
      if (settle) reader.settle();
      return text;
    },
    settle() {
      for (const chunk of pending) {
        const last = Buffer.concat([chunk.before, chunk.bytes]).subarray(-CLUE_BYTES);
        const gap = chunk.end - chunk.start - chunk.bytes.length;
        registry.settle(destination, { file: chunk.file, offset: chunk.end, skip: gap, clue: clue(last) });
      }
      pending = [];
    },
  };
  return reader;
}

/** Sets the stage, runs the story and clears up. */
export async function scene(options: SceneOptions, story: (scene: Scene) => void | Promise<void>): Promise<void> {
  const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'tailship-')));
  const live = path.join(folder, 'app.log');
  const clock = createHands();
  const registry = createRegistry();
  const sentences: string[] = [];
  const losses: Loss[] = [];
  const say = (sentence: string): void => {
    sentences.push(sentence);
  };
  const destinations = options.destinations ?? ['server'];
  let wakes = 0;
  let current: { tail: Tail; readers: Reader[] } | undefined;
  const now = () => current!;
  const old: Tail[] = [];
  for (const [name, text] of Object.entries(options.before ?? {})) fs.writeFileSync(path.join(folder, name), text);

  const stage: Scene = {
    ...{ folder, live, clock, registry, sentences, losses },
    get tail() {
      return now().tail;
    },
    get reader() {
      return now().readers[0]!;
    },
    get readers() {
      return now().readers;
    },
    wakes: () => wakes,
    look: () => stage.pass(1000),
    pass(ms) {
      let text = '';
      for (let passed = 0; passed < ms; passed += 1000) {
        clock.advance(Math.min(1000, ms - passed));
        text += stage.reader.read();
      }
      return text;
    },
    async until(length) {
      let text = stage.look();
      for (const end = Date.now() + 10_000; text.length < length && Date.now() < end; ) {
        await breathe();
        text += stage.reader.read();
      }
      return text + stage.look();
    },
    kill() {
      old.push(now().tail);
      void now().tail.close();
      current = undefined;
    },
    reload() {
      const { tail, readers } = now();
      for (const [at, { walk }] of readers.entries()) {
        readers[at] = createReader(tail, destinations[at]!, registry);
        tail.leave(walk);
      }
    },
    start(more = {}, { once = options.once ?? false } = {}) {
      const input = inputOf([live], { ...options.input, ...more });
      const parts: TailParts = {
        ...{ input, files: options.files ?? realFiles, clock, registry, once },
        ...(options.watch && { watch: options.watch }),
        ...(options.largest && { largest: options.largest }),
        log: toldLog((level, sentence) => {
          if (level !== 'debug' || process.env.TAILSHIP_STORY_DEBUG) say(sentence);
        }),
        wake() {
          wakes += 1;
        },
        lost: (loss) => losses.push(loss),
      };
      const tail = createTail(parts);
      const readers = destinations.map((name) => createReader(tail, name, registry));
      current = { tail, readers };
      tail.start();
    },
    write: (text, name = 'app.log') => fs.appendFileSync(path.join(folder, name), text),
    rename: (to, from = 'app.log') => fs.renameSync(path.join(folder, from), path.join(folder, to)),
    names: () => fs.readdirSync(folder).sort(),
  };
  try {
    if (options.start !== false) stage.start();
    await story(stage);
  } finally {
    await current?.tail.close();
    for (const tail of old) await tail.close();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}
