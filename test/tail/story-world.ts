/**
 * The world of a story: the files, and what is known of each token that was written into them.
 */
import fs from 'node:fs';
import path from 'node:path';
/** What a world needs of the stage on which it is played. */
export type Stage = {
  readonly folder: string;
  readonly clock: { advance(ms: number): void; jump(ms: number): void };
  readonly reader: { read(options: { settle: boolean; most?: number }): string };
  /** A second destination. */
  readonly other?: { read(options: { settle: boolean; most?: number }): string };
  /** Tells the agent of a change, where it listens to events. */
  readonly hint?: (file: string, written: boolean) => void;
  kill(): void;
  start(): void;
  reload(): void;
  /** Calls that the file system has refused to the agent. */
  refusals(): number;
};

/** How rotated files are called: by a number or a date, behind the name or before its suffix, beside the live file or in a folder of their own. */
export type Naming = { readonly dated: boolean; readonly inner: boolean; readonly folder: string };

/** One file's content as the model knows it, wherever it lies by now. */
type Content = {
  tokens: number[];
  /** The names it has, without folder; undefined once it has none. */
  name: string | undefined;
  packed: boolean;
  /** True once the agent has looked while this file lay there, so that it may hold it open. */
  seen: boolean;
  born: boolean;
  /** Set for a copy that may lack the last lines of the original, until the agent has looked once that is cut. */
  short?: 'made' | 'cut' | undefined;
};

const tokensIn = (text: string): number[] => [...text.matchAll(/\[(\d+)\]/g)].map((match) => Number(match[1]));

export class World {
  readonly stage: Stage;
  readonly random: () => number;
  readonly naming: Naming;
  /** What happened in the middle of a step, in words; whoever tells the story takes it out. */
  readonly steps: string[] = [];
  readonly delivered: number[] = [];
  /** What the second destination got. */
  readonly other: number[] = [];
  /** Tokens that may be missing, and such that may come twice. */
  readonly mayLack = new Set<number>();
  readonly mayRepeat = new Set<number>();
  /** Bytes that each token takes, with all that stands behind it. */
  readonly bytes = new Map<number, number>();
  /** True once bytes may be counted as lost that are in another file, because nothing proves that it is the same. */
  unsure = false;
  /** Bytes of the hole before a token. */
  readonly holes = new Map<number, number>();
  /** Tokens that stood in the live file when the agent last looked, in this run of it. */
  readonly looked = new Set<number>();
  pending: number[] = [];
  contents: Content[] = [];
  /** The file an application holds open after a rotation, if it did not reopen. */
  late: { fd: number; content: Content } | undefined;
  /** Tokens of a file that had another name by then. */
  readonly lateTokens = new Set<number>();
  /** Files of which an event is still to come. */
  events: string[] = [];
  /** What each file held, in order; copies apart. */
  readonly written: number[][] = [];
  next = 1;
  running = true;
  generation = 0;
  /** Times of change are the story's own, each later than the one before: those of the file system have the same tick twice. */
  time = Date.now();
  /** Times of birth by inode, for the same reason. */
  readonly births: Map<number, number>;

  constructor(stage: Stage, random: () => number, births: Map<number, number>, naming: Naming) {
    this.stage = stage;
    this.random = random;
    this.births = births;
    this.naming = naming;
    fs.mkdirSync(this.file(naming.folder), { recursive: true });
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
      const piece = `[${this.next}]${filler}${this.random() < 0.75 ? '\n' : ''}`;
      this.bytes.set(this.next++, piece.length);
      text += piece;
    }
    return { text, tokens };
  }

  /** What a file will hold from now on. */
  fresh(): number[] {
    const tokens: number[] = [];
    this.written.push(tokens);
    return tokens;
  }

  /** What was written last. */
  stamp(file: string | number): void {
    this.time += 10;
    const at = new Date(this.time);
    if (typeof file === 'number') fs.futimesSync(file, at, at);
    else {
      fs.utimesSync(this.file(file), at, at);
      this.events.push(this.file(file));
    }
  }

  /** What was created last. */
  born(name: string): void {
    this.time += 10;
    this.births.set(fs.statSync(this.file(name)).ino, this.time);
  }

  write(): void {
    const { text, tokens } = this.text();
    let live = this.live();
    if (!live) {
      live = { tokens: this.fresh(), name: 'app.log', packed: false, seen: false, born: false };
      this.contents.push(live);
    }
    fs.appendFileSync(this.file('app.log'), text);
    if (live.tokens.length === 0 && !live.born) this.born('app.log');
    live.born = true;
    this.stamp('app.log');
    live.tokens.push(...tokens);
  }

  writeLate(): void {
    if (!this.late || this.late.content.packed) return;
    const { text, tokens } = this.text();
    fs.writeSync(this.late.fd, text);
    this.stamp(this.late.fd);
    this.late.content.tokens.push(...tokens);
    for (const token of tokens) this.lateTokens.add(token);
    // Without a name, or let go already, nobody can be asked to find it.
    if (this.late.content.name !== undefined) return;
    for (const token of tokens) this.mayLack.add(token);
    // By its time of change it is now younger than files that came after it, as what was copied from it would be older.
    for (const token of this.late.content.tokens) this.lateTokens.add(token);
  }

  dropLate(): void {
    if (this.late) fs.closeSync(this.late.fd);
    this.late = undefined;
  }

  /** The name of a rotated file that is told by this number or date. */
  rotatedAs(told: string | number): string {
    const { dated, inner, folder } = this.naming;
    const mark = `${dated ? '-' : '.'}${told}`;
    return path.join(folder, inner ? `app${mark}.log` : `app.log${mark}`);
  }

  /** The name for the newest rotated file; numbers are shifted up to make room. */
  rotatedName(): string {
    if (this.naming.dated) return this.rotatedAs(`20261122-${1000 + this.generation++}`);
    const numbered = this.contents
      .filter((one) => one.name !== undefined && one.name !== 'app.log')
      .map((one) => ({ one, number: Number(/\d+/.exec(one.name!)) }))
      .sort((a, b) => b.number - a.number);
    for (const { one, number } of numbered) {
      const to = `${this.rotatedAs(number + 1)}${one.packed ? '.gz' : ''}`;
      fs.renameSync(this.file(one.name!), this.file(to));
      one.name = to;
      this.shifted();
    }
    return this.rotatedAs(1);
  }

  /** Called between the renames of a rotation. */
  shifted(): void {}

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
    this.events.push(this.file('app.log'), this.file(to));
    live.name = to;
  }

  copyTruncate(): void {
    const live = this.live();
    if (!live || live.tokens.length === 0) return;
    const to = this.rotatedName();
    fs.copyFileSync(this.file('app.log'), this.file(to));
    this.born(to);
    this.stamp(to);
    fs.truncateSync(this.file('app.log'), 0);
    this.stamp('app.log');
    const copy = { tokens: live.tokens, name: to, packed: false, seen: false, born: true };
    this.contents.splice(this.contents.indexOf(live), 0, copy);
    live.tokens = this.fresh();
    live.seen = false;
  }

  truncate(): void {
    const live = this.live();
    if (!live) return;
    this.mayVanish(live);
    fs.truncateSync(this.file('app.log'), 0);
    this.stamp('app.log');
    live.tokens = this.fresh();
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
    this.events.push(this.file(content.name!));
    content.name = undefined;
  }

  /** The folder is removed with all that is in it, and made anew. */
  replaceFolder(): void {
    for (const content of this.contents) {
      if (!this.running || !content.seen || content.name !== 'app.log') this.mayVanish(content);
      content.name = undefined;
    }
    fs.rmSync(this.stage.folder, { recursive: true });
    fs.mkdirSync(this.file(this.naming.folder), { recursive: true });
  }

  /** Some of the events come: late, twice, or not at all; and the first of two says that nothing but a write has happened. */
  event(): void {
    if (!this.running) return;
    const { hint } = this.stage;
    for (const file of this.events.splice(0, 1 + this.pick(this.events.length))) {
      for (let times = this.pick(3); times > 0; times -= 1) hint?.(file, times === 2);
    }
    this.stage.clock.advance(10);
  }

  /** Somebody sets the wall clock. */
  clockJump(): void {
    this.stage.clock.jump((this.random() - 0.5) * 20 * 86_400_000);
  }

  take(text: string): void {
    const tokens = tokensIn(text);
    this.delivered.push(...tokens);
    this.pending.push(...tokens);
  }

  /** A second destination, which reads less often and settles what it reads. */
  readOther(): void {
    if (!this.running) return;
    this.other.push(...tokensIn(this.stage.other?.read({ settle: true, most: 1 + this.pick(3) }) ?? ''));
  }

  look(): void {
    if (!this.running) return;
    const refusals = this.stage.refusals();
    this.stage.clock.advance(1000);
    // It may not have seen all.
    if (this.stage.refusals() !== refusals) return;
    for (const one of this.contents) {
      if (one.name !== undefined) one.seen = true;
      if (one.short === 'cut' && this.live()) one.short = undefined;
    }
    for (const token of this.live()?.tokens ?? []) this.looked.add(token);
  }

  read(settle: boolean, most = Number.POSITIVE_INFINITY): void {
    if (!this.running) return;
    this.take(this.stage.reader.read({ settle, most }));
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
    this.events = [];
    this.looked.clear();
    for (const one of this.contents) {
      one.seen = false;
      if (one.name === undefined) this.mayVanish(one);
      if (!one.short) continue;
      // It is known by what was read and by a hash of the first bytes, and may hold fewer than either.
      for (const token of one.tokens) this.mayRepeat.add(token);
      this.unsure = true;
    }
  }

  /** What was read and not settled is read again. */
  reload(): void {
    if (!this.running) return;
    for (const token of this.pending) this.mayRepeat.add(token);
    this.pending = [];
    this.stage.reload();
  }

  begin(): void {
    if (this.running) return;
    const refusals = this.stage.refusals();
    this.stage.start();
    this.running = true;
    if (this.stage.refusals() !== refusals) return;
    for (const one of this.contents) if (one.name !== undefined) one.seen = true;
  }
}
