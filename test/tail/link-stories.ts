/**
 * Random stories of names: files of one glob get further names, lose some, are renamed and rotated, while the agent looks, reads and is
 * killed. As long as a file has a name that the glob matches, each of its lines comes once.
 */
import fs from 'node:fs';
import path from 'node:path';
import { scene } from './scene.ts';
import { randomOf } from './story-dice.ts';

/** A file by its names, and whether the agent has seen it under each of them. */
type Inode = { readonly names: Map<string, boolean> };

const STEPS = [
  'create',
  'write',
  'write',
  'write',
  'link',
  'unlink',
  'rename',
  'rotate',
  'look',
  'look',
  'read',
  'read',
];
const SELDOM = ['wait', 'unsettled', 'kill', 'start', 'start'];

/** Plays the story of a seed and says what was wrong with it. */
export async function playLinkStory(seed: number, length = 60): Promise<{ problems: string[]; steps: string[] }> {
  const random = randomOf(seed);
  const pick = <T>(all: readonly T[]): T | undefined => all[Math.floor(random() * all.length)];
  const problems: string[] = [];
  const steps: string[] = [];
  await scene({ start: false }, async (stage) => {
    const begin = (): void => stage.start({ paths: [`${stage.folder}/*.log`], start: 'oldest' });
    // No file is so young that it must have been made where it is seen first.
    stage.clock.jump(3_600_000);
    const inodes: Inode[] = [];
    const got: number[] = [];
    const mayRepeat = new Set<number>();
    let pending: number[] = [];
    let running = false;
    let names = 0;
    let token = 0;

    const isLive = (name: string): boolean => name.endsWith('.log');
    /** What has none but rotated names is only looked at again when its chain is rotated once more. */
    const write = ({ names }: Inode): void => {
      if ([...names.keys()].some(isLive)) stage.write(`[${++token}]\n`, pick([...names.keys()])!);
    };
    const fresh = (): string => `${pick(['a', 'm', 'z'])}${names++}.log`;
    const take = (settle: boolean, most = Number.POSITIVE_INFINITY): void => {
      const tokens = [...stage.reader.read({ settle, most }).matchAll(/\[(\d+)\]/g)].map((match) => Number(match[1]));
      got.push(...tokens);
      pending = settle ? [] : [...pending, ...tokens];
    };
    const look = (): void => {
      stage.clock.advance(1000);
      for (const one of inodes) for (const name of one.names.keys()) one.names.set(name, true);
    };
    const wait = (): void => {
      for (let i = 0; i < 20; i += 1) {
        look();
        take(true);
      }
    };
    const moved = (one: Inode, from: string, to: string): void => {
      stage.rename(to, from);
      one.names.delete(from);
      one.names.set(to, false);
    };
    const play: Record<string, (one: Inode, name: string) => void> = {
      write,
      link(one, name) {
        const to = fresh();
        fs.linkSync(path.join(stage.folder, name), path.join(stage.folder, to));
        one.names.set(to, false);
      },
      unlink(one, name) {
        if (one.names.size === 1) return;
        fs.unlinkSync(path.join(stage.folder, name));
        one.names.delete(name);
      },
      rename: (one, name) => isLive(name) && moved(one, name, fresh()),
      rotate(one, name) {
        // What was never seen under its live name is not known to be a generation of it, nor is what another chain had read.
        if (!running || !one.names.get(name) || !isLive(name) || fs.existsSync(path.join(stage.folder, `${name}.1`)))
          return;
        moved(one, name, `${name}.1`);
        const next = { names: new Map([[name, false]]) };
        inodes.push(next);
        write(next);
        look();
      },
    };
    const agent: Record<string, () => void> = {
      look,
      read: () => take(true),
      unsettled: () => take(false, 1),
      wait,
      kill() {
        for (const one of pending) mayRepeat.add(one);
        pending = [];
        stage.kill();
        running = false;
      },
    };

    for (let i = 0; i < length; i += 1) {
      const step = pick(random() < 0.75 ? STEPS : SELDOM)!;
      const one = pick(inodes);
      const name = one && pick([...one.names.keys()]);
      if (step === 'create') {
        const made = { names: new Map([[fresh(), false]]) };
        inodes.push(made);
        write(made);
      } else if (step === 'start' && !running) {
        begin();
        running = true;
      } else if (agent[step]) {
        if (running) agent[step]();
      } else if (one && name) play[step]?.(one, name);
      steps.push(`${step} ${name ?? ''} (${token})`, ...stage.sentences.splice(0).map((said) => `    ${said}`));
    }
    if (!running) begin();
    wait();
    for (const one of inodes) write(one);
    wait();
    wait();
    for (let n = 1; n <= token; n += 1) {
      const count = got.filter((other) => other === n).length;
      if (count === 0) problems.push(`[${n}] is missing`);
      if (count > 1 && !mayRepeat.has(n)) problems.push(`[${n}] came ${count} times`);
    }
    if (stage.losses.length > 0) problems.push(`counted as lost: ${JSON.stringify(stage.losses)}`);
    if (problems.length > 0) {
      const files = stage
        .names()
        .map(
          (name) =>
            `${name} ${fs.statSync(path.join(stage.folder, name)).ino}: ${fs.readFileSync(path.join(stage.folder, name), 'utf8').replaceAll('\n', '|')}`,
        );
      const rows = stage.registry.rows.map((row) =>
        JSON.stringify([
          row.file,
          row.chain,
          row.path,
          row.clues.ino,
          stage.registry.checkpoint('server', row.file)?.offset,
        ]),
      );
      steps.push(...stage.sentences, ...rows, ...files);
    }
  });
  return { problems, steps };
}
