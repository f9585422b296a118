/**
 * Random stories of files, played against the real file system and against a small model of what must arrive. A story follows from
 * its seed alone. What is written are tokens like [12]; a line is some tokens and a newline, a half line lacks it.
 */
import fs from 'node:fs';
import path from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import type { Files } from '../../agent/tail/files.ts';
import type { Loss } from '../../agent/types.ts';
import { telling } from './odd-files.ts';
import { type Scene, scene } from './scene.ts';
import { dice } from './story-dice.ts';
import { realEvents, toldEvents } from './story-events.ts';
import { type Disturbance, interrupted, TAKING_AWAY } from './story-interrupts.ts';
import { Books } from './story-ledger.ts';
import { Story } from './story-steps.ts';
import type { Stage, World } from './story-world.ts';

export type Verdict = { readonly seed: number; readonly problems: string[]; readonly steps: string[] };

const STEPS: readonly [keyof Story & string, number][] = [
  ['write', 30],
  ['look', 14],
  ['readSettled', 16],
  ['readUnsettled', 6],
  ['readOne', 4],
  ['event', 12],
  ['clockJump', 1],
  ['rename', 10],
  ['writeLate', 6],
  ['copyTruncate', 3],
  ['slowCopy', 3],
  ['save', 1],
  ['readOther', 8],
  ['truncate', 2],
  ['delete', 2],
  ['gzip', 4],
  ['wait', 3],
  ['replaceFolder', 1],
  ['kill', 4],
  ['reload', 2],
  ['begin', 8],
] as unknown as readonly [keyof Story & string, number][];

/** Steps of the agent, not of the application: others may come in the middle of them. */
const AGENT_STEPS: ReadonlySet<string> = new Set([
  'look',
  'event',
  'readSettled',
  'readUnsettled',
  'readOne',
  'readOther',
  'wait',
]);

function play(world: World, step: string): void {
  if (step === 'readSettled') world.read(true);
  else if (step === 'readUnsettled') world.read(false);
  else if (step === 'readOne') world.read(false, 1);
  else (world as unknown as Record<string, () => void>)[step]!();
}

export function choose(random: () => number): string {
  let at = random() * STEPS.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [step, weight] of STEPS) {
    at -= weight;
    if (at < 0) return step;
  }
  return 'write';
}

/** What is counted as lost must be lost to one destination, and what was seen and is lost to all must be counted. */
function judgeLedger(
  world: World,
  losses: readonly Loss[],
  absent: readonly number[],
  nowhere: readonly number[],
): string[] {
  const counted = losses.reduce((sum, loss) => sum + loss.to - loss.from, 0);
  const bytesOf = (tokens: Iterable<number>): number =>
    [...tokens].reduce((sum, token) => sum + (world.bytes.get(token) ?? 0), 0);
  const holes = [...world.holes.values()].reduce((sum, bytes) => sum + bytes, 0);
  const most = bytesOf(new Set([...absent, ...world.mayRepeat])) + holes;
  const least = bytesOf(nowhere.filter((token) => world.looked.has(token)));
  if (counted > most && !world.unsure) return [`${counted} bytes are counted as lost, and only ${most} are`];
  return counted < least ? [`${counted} bytes are counted as lost, and ${least} were seen and are`] : [];
}

/** Inside a file always; across rotations too, but for what a late writer added: that is read in turns with the successor. */
function judgeOrder({ lateTokens, written }: World, delivered: readonly number[]): string[] {
  const first = [...new Set(delivered)];
  const places = new Map(first.map((token, i) => [token, i]));
  const inOrder = (tokens: readonly number[]): string[] => {
    const at = tokens.flatMap((token) => places.get(token) ?? []);
    const wrong = at.findIndex((place, i) => i > 0 && place < at[i - 1]!);
    return wrong < 0 ? [] : [`[${first[at[wrong]!]}] came before [${first[at[wrong - 1]!]}]: ${first.join(' ')}`];
  };
  const prompt = [...first].sort((a, b) => a - b).filter((token) => !lateTokens.has(token));
  return [...inOrder(prompt), ...written.flatMap(inOrder)];
}

/** What one destination got; gives what it did not get, too. */
function judgeOne(world: World, delivered: readonly number[]): { problems: string[]; absent: number[] } {
  const problems: string[] = [];
  const absent: number[] = [];
  const counts = new Map<number, number>();
  for (const token of delivered) counts.set(token, (counts.get(token) ?? 0) + 1);
  for (let token = 1; token < world.next; token += 1) {
    const count = counts.get(token) ?? 0;
    if (count === 0) absent.push(token);
    if (count === 0 && !world.mayLack.has(token)) problems.push(`[${token}] is missing`);
    if (count > 1 && !world.mayRepeat.has(token)) problems.push(`[${token}] came ${count} times`);
  }
  return { problems: [...problems, ...judgeOrder(world, delivered)], absent };
}

function judge(world: World, losses: readonly Loss[]): string[] {
  const one = judgeOne(world, world.delivered);
  const other = judgeOne(world, world.other);
  const absent = new Set([...one.absent, ...other.absent]);
  const nowhere = one.absent.filter((token) => other.absent.includes(token));
  return [
    ...one.problems,
    ...other.problems.map((problem) => `for the other: ${problem}`),
    ...judgeLedger(world, losses, [...absent], nowhere),
  ];
}

/** The real file system, with times of birth as a story tells them. */
const bornIn = (births: ReadonlyMap<number, number>): Files =>
  telling((stat) => ({ ...stat, birth: births.get(stat.ino) ?? stat.birth }));

export type StoryOptions = {
  readonly real?: boolean | undefined;
  /** What happens in the middle of the agent's steps; nothing where not given. */
  readonly disturbance?: Disturbance | undefined;
  readonly without?: ReadonlySet<number>;
};

/** Steps of a story. */
export const LENGTH = 60;

const DESTINATIONS = ['server', 'other'];

type StageParts = {
  readonly hint: Stage['hint'];
  readonly books: readonly Books[];
  readonly refusals: () => number;
  /** The glob of rotated files. */
  readonly rotated: string | undefined;
};

/** A scene as a world sees it, with the books of each destination. */
function stageOf(stage: Scene, parts: StageParts): Stage {
  const { hint, books, refusals, rotated } = parts;
  const readerOf = (index: number): Stage['reader'] => ({
    read(options) {
      const reader = stage.readers[index]!;
      const before = reader.chunks.length;
      const text = reader.read(options);
      books[index]!.read(reader.chunks.slice(before), options.settle);
      return text;
    },
  });
  return {
    ...{ folder: stage.folder, clock: stage.clock, reader: readerOf(0), other: readerOf(1) },
    ...(hint && { hint }),
    kill() {
      for (const one of books) one.kill();
      stage.kill();
    },
    reload() {
      for (const one of books) one.kill();
      stage.reload();
    },
    start: () => stage.start({ rotated: rotated && path.join(stage.folder, rotated) }),
    refusals,
  };
}

/**
 * Plays the story of a seed and says what was wrong with it. Every other story has events, the rest polls alone. With `real` every
 * story has those of the file system, which come when they come, so that it is not quite the same each time. A `disturbance`
 * comes in the middle of a look. `without` are steps that are left out.
 */
export async function playStory(seed: number, options: StoryOptions = {}): Promise<Verdict> {
  const { real = false, disturbance, without } = options;
  const { random, begin } = dice(seed);
  const verdict: Verdict = { seed, problems: [], steps: [] };
  const births = new Map<number, number>();
  const { watch, hint, arrived } = real ? realEvents() : toldEvents();
  const events = real || seed % 2 === 0;
  const interrupts = interrupted(bornIn(births), random, disturbance);
  const parts = { files: interrupts.files, watch, largest: random() < 0.5 ? 4096 : 256 * 1024 };
  const input = { start: 'oldest', watch: events ? 'auto' : 'poll' } as const;
  const naming = { dated: random() < 0.5, inner: random() < 0.3, folder: random() < 0.3 ? 'old' : '' };
  await scene({ ...parts, input, destinations: DESTINATIONS, start: false }, async (stage) => {
    const books = DESTINATIONS.map((name) => new Books(name));
    const rotated = naming.folder === '' ? undefined : path.join(naming.folder, '*');
    const { refusals } = interrupts;
    const player = stageOf(stage, { hint: events ? hint : undefined, books, refusals, rotated });
    const world = new Story(player, random, births, naming);
    player.start();
    interrupts.world = world;
    const check = (): void => {
      for (const [at, one] of books.entries()) one.check(stage, world.running ? stage.readers[at]?.walk : undefined);
    };
    for (let i = 0; i < LENGTH; i += 1) {
      if (without?.has(i)) continue;
      begin(i);
      const chosen = choose(random);
      const isLeftOut = disturbance === 'meanwhile' ? TAKING_AWAY.has(chosen) : real && chosen === 'replaceFolder';
      const step = isLeftOut ? 'write' : chosen;
      if (step === 'event' && world.running) await arrived?.(stage.folder);
      if (AGENT_STEPS.has(step)) interrupts.during(() => play(world, step));
      else play(world, step);
      check();
      verdict.steps.push(
        `${step} (${world.next - 1})`,
        ...world.steps.splice(0),
        ...stage.sentences.splice(0).map((one) => `    ${one}`),
      );
      if (step.startsWith('read')) await breathe();
    }
    begin(LENGTH);
    world.begin();
    world.calm = true;
    world.dropLate();
    world.wait();
    // What a late writer added after its file was let go is found at the next rotation.
    world.rename();
    fs.appendFileSync(stage.live, `[${world.next++}]\n`);
    world.born('app.log');
    // Archives are unpacked in other threads, which takes real time.
    const end = Date.now() + 5000;
    const over = (): boolean => [world.delivered, world.other].every((one) => one.includes(world.next - 1));
    for (let i = 0; Date.now() < end && (i < 10 || !over()); i += 1) {
      world.look();
      world.read(true);
      world.readOther();
      check();
      await breathe();
    }
    verdict.problems.push(...judge(world, stage.losses), ...new Set(books.flatMap((one) => one.problems)));
    if (verdict.problems.length > 0) {
      const status = stage.reader.walk.status().map((one) => JSON.stringify(one));
      const rows = stage.registry.rows.map((row) =>
        JSON.stringify([row.file, row.path, stage.registry.checkpoint('server', row.file)]),
      );
      const files = stage.names().map((name) => {
        const file = path.join(stage.folder, name);
        const text = name.endsWith('gz') || name === 'old' ? '' : fs.readFileSync(file, 'utf8');
        return `${name}: ${fs.statSync(file).size} ${text.replaceAll(/x+/g, 'x').replaceAll(/\0+/g, '0').replaceAll('\n', '|')}`;
      });
      verdict.steps.push(...stage.sentences, ...status, JSON.stringify(stage.losses), ...rows, ...files);
    }
  });
  return verdict;
}
