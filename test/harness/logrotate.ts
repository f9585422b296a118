import fs from 'node:fs';
import { programPath, start } from './processes.ts';
import type { Scene } from './temp.ts';
import { until } from './wait.ts';

/** The kernel's coarse clock, by which logrotate names its files, is up to a tick behind this process's: so many ms at most. */
const COARSE = 20;
const second = (now: number) => Math.floor(now / 1000);
let last = 0;

/**
 * Rotates one file now, with the real logrotate, under a name that ends in the date down to the second.
 * `directives` say how: `create`, `copytruncate`, `compress` … Throws with logrotate's own words where it refuses.
 */
export function logrotate(scene: Scene, file: string, directives: readonly string[]): Promise<void> {
  return logrotateAs(scene, file, ['dateext', 'dateformat -%Y%m%d-%H%M%S', ...directives]);
}

/** As `logrotate`, with nothing but these directives. Two rotations never fall into the same second. */
export async function logrotateAs(scene: Scene, file: string, directives: readonly string[]): Promise<void> {
  const program = programPath('logrotate');
  if (program === undefined) throw new Error('logrotate is missing; install the package logrotate');
  await until('the second of the last rotation is over', () => second(Date.now() - COARSE) > last);
  const all = ['rotate 100', ...directives];
  const conf = scene.at('logrotate.conf');
  fs.writeFileSync(conf, `${file} {\n${all.map((line) => `  ${line}\n`).join('')}}\n`, { mode: 0o644 });
  const running = start(scene, program, ['-f', '-s', scene.at('logrotate.state'), conf]);
  const { code } = await running.exited;
  last = second(Date.now());
  // The application may write one more line to the file that is being packed: to be read from the file, not from the archive.
  const said = running
    .stderr()
    .replace(/^error: Compressing program wrote .*\n.*file size changed while zipping\n/gm, '');
  if (code !== 0 || /error/i.test(said)) throw new Error(`logrotate ended with ${code}: ${running.stderr()}`);
}
