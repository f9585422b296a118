/**
 * What a story may hold beyond single steps: things that take several, between which the agent looks, reads, or is killed; and an
 * application that does not append.
 */
import fs from 'node:fs';
import { gzipSync } from 'node:zlib';
import { World } from './story-world.ts';

export class Story extends World {
  /** An application that goes on at its own place, and leaves a hole where the file was truncated under it. */
  readonly plain = this.random() < 0.25;
  /** Nothing happens in the middle of anything. */
  calm = false;
  /** Where it goes on in the live file. */
  #at = 0;

  /** Something that happens in the middle of something else. */
  between(): void {
    if (this.calm || this.random() < 0.7) return;
    const steps = {
      look: () => this.look(),
      readSettled: () => this.read(true),
      readUnsettled: () => this.read(false),
      readOne: () => this.read(false, 1),
      event: () => this.event(),
      kill: () => this.kill(),
      begin: () => this.begin(),
    };
    const names = Object.keys(steps) as (keyof typeof steps)[];
    const chosen = names[this.pick(names.length)]!;
    steps[chosen]();
    this.steps.push(`    in between: ${chosen}`);
    this.between();
  }

  override write(): void {
    const live = this.live();
    if (!live || !this.plain) {
      super.write();
      this.#at = fs.statSync(this.file('app.log')).size;
      return;
    }
    const { text, tokens } = this.text();
    const fd = fs.openSync(this.file('app.log'), 'r+');
    const { size } = fs.fstatSync(fd);
    if (this.#at > size) this.holes.set(tokens[0]!, this.#at - size);
    fs.writeSync(fd, text, Math.max(this.#at, size));
    this.#at = fs.fstatSync(fd).size;
    fs.closeSync(fd);
    this.stamp('app.log');
    live.tokens.push(...tokens);
  }

  /** A file that begins with a hole and of which nothing was read has no clue that outlives the agent. */
  override kill(): void {
    if (!this.plain) super.kill();
  }

  override rename(): void {
    super.rename();
    if (!this.live()) this.#at = 0;
  }

  override shifted(): void {
    this.between();
  }

  /** Copytruncate as it is: what is written between the copy and the truncation is in no copy. */
  slowCopy(): void {
    const live = this.live();
    if (!live || live.tokens.length === 0) return;
    const to = this.rotatedName();
    if (this.live() !== live) return;
    fs.copyFileSync(this.file('app.log'), this.file(to));
    this.born(to);
    this.stamp(to);
    const copied = [...live.tokens];
    const copy = { tokens: copied, name: to, packed: false, seen: false, born: true, short: 'made' as 'made' | 'cut' };
    this.contents.splice(this.contents.indexOf(live), 0, copy);
    for (let n = this.pick(4); n > 0; n -= 1) {
      this.between();
      if (this.random() < 0.5) this.write();
    }
    for (const token of live.tokens.slice(copied.length)) this.mayLack.add(token);
    fs.truncateSync(this.file('app.log'), 0);
    this.stamp('app.log');
    copy.short = 'cut';
    live.tokens = this.fresh();
    live.seen = false;
  }

  /** An editor that writes a new file with what was there and something more, and puts it in the old one's place. */
  save(): void {
    const live = this.live();
    if (!live || live.tokens.length === 0 || this.late?.content === live) return;
    const { text, tokens } = this.text();
    fs.writeFileSync(this.file('new'), Buffer.concat([fs.readFileSync(this.file('app.log')), Buffer.from(text)]));
    this.born('new');
    this.stamp('new');
    this.unsure = true;
    // Of a short file nothing proves that it is the old one.
    for (const token of live.tokens) this.mayRepeat.add(token);
    fs.renameSync(this.file('new'), this.file('app.log'));
    this.events.push(this.file('app.log'));
    live.tokens = [...live.tokens, ...tokens];
    this.written.push(live.tokens);
    live.seen = false;
    this.#at = fs.statSync(this.file('app.log')).size;
  }

  gzip(): void {
    const plain = this.contents.filter((one) => one.name !== undefined && one.name !== 'app.log' && !one.packed);
    const content = plain[this.pick(plain.length)];
    if (!content || this.late?.content === content) return;
    const name = content.name!;
    const packed = gzipSync(fs.readFileSync(this.file(name)));
    const half = this.pick(packed.length);
    fs.writeFileSync(this.file(`${name}.gz`), packed.subarray(0, half));
    this.born(`${name}.gz`);
    this.between();
    fs.appendFileSync(this.file(`${name}.gz`), packed.subarray(half));
    this.between();
    const { atime, mtime } = fs.statSync(this.file(name));
    fs.utimesSync(this.file(`${name}.gz`), atime, mtime);
    this.between();
    fs.unlinkSync(this.file(name));
    content.name = `${name}.gz`;
    content.packed = true;
  }
}
