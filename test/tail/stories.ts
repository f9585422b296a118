/**
 * Random stories of files, played against the real file system and against a small model of what must arrive. A story follows from
 * its seed alone. What is written are tokens like [12]; a line is some tokens and a newline, a half line lacks it.
 */
import fs from 'node:fs';
import path from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { type Scene, scene } from './scene.ts';

/** One file's content as the model knows it, wherever it lies by now. */
type Content = {
  tokens: number[];
  /** The names it has, without folder; undefined once it has none. */
  name: string | undefined;
  packed: boolean;
  /** True once the agent has looked while this file lay there, so that it may hold it open. */
  seen: boolean;
};

export type Verdict = { readonly seed: number; readonly problems: string[]; readonly steps: string[] };

/** Numbers from 0 to 1 that follow from a seed. */
function randomOf(seed: number): () => number {
  let state = (seed * 2654435761) >>> 0 || 1;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

class World {
  readonly stage: Scene;
  readonly random: () => number;
  readonly dated: boolean;
  readonly steps: string[] = [];
  readonly delivered: number[] = [];
  /** Tokens that may be missing, and such that may come twice. */
  readonly mayLack = new Set<number>();
  readonly mayRepeat = new Set<number>();
  pending: number[] = [];
  contents: Content[] = [];
  /** The file an application holds open after a rotation, if it did not reopen. */
  late: { fd: number; content: Content } | undefined;
  wroteLate = false;
  next = 1;
  running = true;
  generation = 0;

  constructor(stage: Scene, random: () => number) {
    this.stage = stage;
    this.random = random;
    this.dated = random() < 0.5;
  }

  live(): Content | undefined {
    return this.contents.find((one) => one.name === 'app.log');
  }
  file(name: string): string {
    return path.join(this.stage.folder, name);
  }
  pick(n: number): number {
    return Math.floor(this.random() * n);
  }

  /** Some tokens; the last line may lack its newline. */
  text(): { text: string; tokens: number[] } {
    const tokens: number[] = [];
    let text = '';
    const filler = this.random() < 0.2 ? 'x'.repeat(this.pick(3000)) : '';
    for (let i = 0; i <= this.pick(4); i += 1) {
      tokens.push(this.next);
      text += `[${this.next++}]${filler}${this.random() < 0.75 ? '\n' : ''}`;
    }
    return { text, tokens };
  }

  write(): void {
    const { text, tokens } = this.text();
    let live = this.live();
    if (!live) {
      live = { tokens: [], name: 'app.log', packed: false, seen: false };
      this.contents.push(live);
    }
    fs.appendFileSync(this.file('app.log'), text);
    live.tokens.push(...tokens);
  }

  writeLate(): void {
    if (!this.late || this.late.content.packed) return;
    const { text, tokens } = this.text();
    fs.writeSync(this.late.fd, text);
    this.late.content.tokens.push(...tokens);
    this.wroteLate = true;
    // Without a name, or let go already, nobody can be asked to find it.
    if (this.late.content.name === undefined) for (const token of tokens) this.mayLack.add(token);
  }

  dropLate(): void {
    if (this.late) fs.closeSync(this.late.fd);
    this.late = undefined;
  }

  /** The name for the newest rotated file; numbers are shifted up to make room. */
  rotatedName(): string {
    if (this.dated) return `app.log-20261122-${String(1000 + this.generation++)}`;
    const numbered = this.contents
      .filter((one) => one.name !== undefined && one.name !== 'app.log')
      .map((one) => ({ one, number: Number(/\.(\d+)/.exec(one.name!.slice(7))?.[1]) }))
      .sort((a, b) => b.number - a.number);
    for (const { one, number } of numbered) {
      const to = `app.log.${number + 1}${one.packed ? '.gz' : ''}`;
      fs.renameSync(this.file(one.name!), this.file(to));
      one.name = to;
    }
    return 'app.log.1';
  }

  rename(): void {
    const live = this.live();
    if (!live) return;
    const keeps = this.random() < 0.3;
    if (keeps) {
      this.dropLate();
      this.late = { fd: fs.openSync(this.file('app.log'), 'a'), content: live };
    }
    const to = this.rotatedName();
    fs.renameSync(this.file('app.log'), this.file(to));
    live.name = to;
  }

  copyTruncate(): void {
    const live = this.live();
    if (!live || live.tokens.length === 0) return;
    const to = this.rotatedName();
    fs.copyFileSync(this.file('app.log'), this.file(to));
    fs.truncateSync(this.file('app.log'), 0);
    this.contents.splice(this.contents.indexOf(live), 0, { tokens: live.tokens, name: to, packed: false, seen: false });
    live.tokens = [];
    live.seen = false;
  }

  truncate(): void {
    const live = this.live();
    if (!live) return;
    this.mayVanish(live);
    fs.truncateSync(this.file('app.log'), 0);
    live.tokens = [];
    live.seen = false;
  }

  mayVanish(content: Content): void {
    for (const token of content.tokens) this.mayLack.add(token);
  }

  delete(): void {
    const named = this.contents.filter((one) => one.name !== undefined);
    const content = named[this.pick(2) === 0 ? 0 : named.length - 1];
    if (!content) return;
    // A file that the agent holds is read to its end; one that it never saw, or let go, or lost hold of by a stop, is not.
    if (!this.running || !content.seen || content.name !== 'app.log') this.mayVanish(content);
    fs.unlinkSync(this.file(content.name!));
    content.name = undefined;
  }

  gzip(): void {
    const plain = this.contents.filter((one) => one.name !== undefined && one.name !== 'app.log' && !one.packed);
    const content = plain[this.pick(plain.length)];
    if (!content || this.late?.content === content) return;
    const name = content.name!;
    fs.writeFileSync(this.file(`${name}.gz`), gzipSync(fs.readFileSync(this.file(name))));
    const { atime, mtime } = fs.statSync(this.file(name));
    fs.utimesSync(this.file(`${name}.gz`), atime, mtime);
    fs.unlinkSync(this.file(name));
    content.name = `${name}.gz`;
    content.packed = true;
  }

  take(text: string): void {
    const tokens = [...text.matchAll(/\[(\d+)\]/g)].map((match) => Number(match[1]));
    this.delivered.push(...tokens);
    this.pending.push(...tokens);
  }

  look(): void {
    if (!this.running) return;
    this.stage.clock.advance(1000);
    for (const one of this.contents) if (one.name !== undefined) one.seen = true;
  }

  read(settle: boolean): void {
    if (!this.running) return;
    this.take(this.stage.reader.read({ settle }));
    if (settle) this.pending = [];
  }

  wait(): void {
    if (!this.running) return;
    for (let i = 0; i < 7; i += 1) {
      this.look();
      this.read(true);
    }
  }

  kill(): void {
    if (!this.running) return;
    for (const token of this.pending) this.mayRepeat.add(token);
    this.pending = [];
    this.stage.kill();
    this.running = false;
    for (const one of this.contents) {
      one.seen = false;
      if (one.name === undefined) this.mayVanish(one);
    }
  }

  begin(): void {
    if (this.running) return;
    this.stage.start();
    this.running = true;
    for (const one of this.contents) if (one.name !== undefined) one.seen = true;
  }
}

const STEPS: readonly [keyof World & string, number][] = [
  ['write', 30],
  ['look', 14],
  ['readSettled', 16],
  ['readUnsettled', 6],
  ['rename', 10],
  ['writeLate', 6],
  ['copyTruncate', 5],
  ['truncate', 2],
  ['delete', 2],
  ['gzip', 4],
  ['wait', 3],
  ['kill', 4],
  ['begin', 8],
] as unknown as readonly [keyof World & string, number][];

function play(world: World, step: string): void {
  if (step === 'readSettled') world.read(true);
  else if (step === 'readUnsettled') world.read(false);
  else (world as unknown as Record<string, () => void>)[step]!();
}

function choose(random: () => number): string {
  let at = random() * STEPS.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [step, weight] of STEPS) {
    at -= weight;
    if (at < 0) return step;
  }
  return 'write';
}

function judge(world: World): string[] {
  const problems: string[] = [];
  const counts = new Map<number, number>();
  for (const token of world.delivered) counts.set(token, (counts.get(token) ?? 0) + 1);
  for (let token = 1; token < world.next; token += 1) {
    const count = counts.get(token) ?? 0;
    if (count === 0 && !world.mayLack.has(token)) problems.push(`[${token}] is missing`);
    if (count > 1 && !world.mayRepeat.has(token)) problems.push(`[${token}] came ${count} times`);
  }
  const first = [...new Set(world.delivered)];
  const disorder = first.find((token, index) => index > 0 && token < first[index - 1]!);
  if (disorder !== undefined && !world.wroteLate)
    problems.push(`[${disorder}] came behind a later one: ${first.join(' ')}`);
  return problems;
}

/** Plays the story of a seed and says what was wrong with it. */
export async function playStory(seed: number, length = 60): Promise<Verdict> {
  const random = randomOf(seed);
  const verdict: Verdict = { seed, problems: [], steps: [] };
  await scene({ input: { start: 'oldest' } }, async (stage) => {
    const world = new World(stage, random);
    for (let i = 0; i < length; i += 1) {
      const step = choose(random);
      play(world, step);
      verdict.steps.push(`${step} (${world.next - 1})`, ...stage.sentences.splice(0).map((one) => `    ${one}`));
      if (step.startsWith('read')) await breathe();
    }
    world.begin();
    world.dropLate();
    world.wait();
    // What a late writer added after its file was let go is found at the next rotation.
    world.rename();
    fs.appendFileSync(stage.live, `[${world.next++}]\n`);
    // Archives are unpacked in other threads, which takes real time.
    const end = Date.now() + 5000;
    for (let i = 0; Date.now() < end && (i < 10 || !world.delivered.includes(world.next - 1)); i += 1) {
      world.look();
      world.read(true);
      await breathe();
    }
    verdict.problems.push(...judge(world));
    if (verdict.problems.length > 0) {
      const status = stage.reader.walk.status().map((one) => JSON.stringify(one));
      const rows = stage.registry.rows.map((row) =>
        JSON.stringify([row.file, row.path, stage.registry.checkpoint('server', row.file)]),
      );
      const files = stage
        .names()
        .map(
          (name) =>
            `${name}: ${fs.statSync(path.join(stage.folder, name)).size} ${name.endsWith('gz') ? '' : fs.readFileSync(path.join(stage.folder, name), 'utf8').replaceAll(/x+/g, 'x').replaceAll('\n', '|')}`,
        );
      verdict.steps.push(...stage.sentences, ...status, JSON.stringify(stage.losses), ...rows, ...files);
    }
  });
  return verdict;
}
