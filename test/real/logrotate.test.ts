/**
 * The ways in which logrotate is set up out there, each with the real logrotate, the real agent and `receive --verify`.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { startAgent, startReceiver, stopped, writeConfig } from '../harness/agent.ts';
import { logrotateAs } from '../harness/logrotate.ts';
import { assertSameLines, once } from '../harness/records.ts';
import { needsParts } from '../harness/system.ts';
import { type Scene, scene } from '../harness/temp.ts';
import { until } from '../harness/wait.ts';
import { startWriter } from '../harness/writer.ts';

/**
 * One rotation. written: the application writes while it happens; running: it has just stopped writing, and the agent has not;
 * stopped: the agent is stopped meanwhile. away: it is stopped, and not started again before the next that is not `away`.
 */
type When = 'written' | 'running' | 'stopped' | 'away';
type Case = {
  readonly name: string;
  readonly how: readonly string[];
  readonly rotations: readonly { readonly when: When; readonly also?: readonly string[] }[];
  /** The rotated names that must be there at the end. */
  readonly leaves: RegExp;
  readonly olddir?: boolean;
  /** Called before each rotation but the first. */
  readonly before?: (s: Scene) => void;
};

const often = [{ when: 'written' }, { when: 'stopped' }, { when: 'written' }] as const;
const copied = [{ when: 'running' }, { when: 'stopped' }, { when: 'running' }] as const;
const stamp = 'dateformat -%Y%m%d-%H%M%S';
/** With a date alone there is one name a day, so the first rotation takes yesterday's. */
const daily = [{ when: 'written', also: ['dateyesterday'] }, { when: 'stopped' }] as const;

const CASES: readonly Case[] = [
  { name: 'dateext', how: ['dateext', 'create'], rotations: daily, leaves: /^app\.log-\d{8}$/ },
  {
    name: 'dateext and compress',
    how: ['dateext', 'create', 'compress'],
    rotations: daily,
    leaves: /^app\.log-\d{8}\.gz$/,
  },
  {
    name: 'delaycompress',
    how: ['dateext', stamp, 'create', 'compress', 'delaycompress'],
    rotations: often,
    leaves: /^app\.log-\d{8}-\d{6}(\.gz)?$/,
  },
  {
    name: 'nocreate and copytruncate',
    how: ['dateext', stamp, 'nocreate', 'copytruncate'],
    rotations: copied,
    leaves: /^app\.log-\d{8}-\d{6}$/,
  },
  {
    name: 'copytruncate and compress',
    how: ['dateext', stamp, 'copytruncate', 'compress'],
    rotations: copied,
    leaves: /^app\.log-\d{8}-\d{6}\.gz$/,
  },
  {
    name: 'numbers and compress',
    how: ['nodateext', 'create', 'compress'],
    rotations: often,
    leaves: /^app\.log\.[123]\.gz$/,
  },
  {
    name: 'extension .log',
    how: ['dateext', stamp, 'extension .log', 'create'],
    rotations: often,
    leaves: /^app-\d{8}-\d{6}\.log$/,
  },
  {
    name: 'extension .log with numbers',
    how: ['nodateext', 'extension .log', 'create'],
    rotations: often,
    leaves: /^app\.[123]\.log$/,
  },
  {
    name: 'dateformat .%Y-%m-%d-%s',
    how: ['dateext', 'dateformat .%Y-%m-%d-%s', 'create'],
    rotations: often,
    leaves: /^app\.log\.\d{4}-\d\d-\d\d-\d{10}$/,
  },
  {
    name: 'olddir',
    how: ['dateext', stamp, 'olddir old', 'createolddir 700', 'create', 'compress', 'delaycompress'],
    rotations: often,
    leaves: /^app\.log-\d{8}-\d{6}(\.gz)?$/,
    olddir: true,
  },
  {
    name: 'several times a day',
    how: ['dateext', stamp, 'nocreate'],
    rotations: [...often, { when: 'running' }, { when: 'stopped' }],
    leaves: /^app\.log-\d{8}-\d{6}$/,
  },
  {
    name: 'three rotations while the agent is stopped, two of them compressed',
    how: ['nodateext', 'create', 'compress', 'delaycompress'],
    rotations: [{ when: 'running' }, { when: 'away' }, { when: 'away' }, { when: 'away' }],
    leaves: /^app\.log\.(1|[234]\.gz)$/,
  },
  {
    name: 'maxage that deletes',
    how: ['dateext', stamp, 'create', 'maxage 1'],
    rotations: [{ when: 'written' }, { when: 'running' }, { when: 'running' }],
    leaves: /^app\.log-\d{8}-\d{6}$/,
    before(s) {
      const old = new Date(Date.now() - 3 * 86_400_000);
      for (const name of rotatedIn(s.dir)) fs.utimesSync(s.at(name), old, old);
    },
  },
];

const LINES = 600;
const rotatedIn = (folder: string): string[] =>
  fs.readdirSync(folder).filter((name) => /^app[.-]/.test(name) && name !== 'app.log');

for (const { name, how, rotations, leaves, olddir, before } of CASES) {
  test(
    `logrotate with ${name}: every line once and in order, though the agent is stopped for some rotations`,
    needsParts('logrotate'),
    async (t) => {
      const s = scene(t);
      const server = await startReceiver(s, 'tcp');
      const conf = writeConfig(s, {
        target: `tcp://127.0.0.1:${server.port}`,
        syslog: 'json = all\nlinger = 100ms',
        input: olddir ? `rotated = ${s.at('old/*')}` : '',
      });
      const written: string[] = [];
      const write = async (during: () => Promise<void>): Promise<void> => {
        const writer = startWriter(s.at('app.log'), { perTick: 8, total: LINES, from: written.length });
        s.atEnd(writer.stop);
        await until('half of the lines are written', () => writer.lines.length >= LINES / 2);
        // What was rotated before the agent saw the file for the first time is not its business. Later, too, it must have the file
        // open: what is written to it while gzip reads it is in no archive.
        await until('the agent reads the file', () => !up || server.lines().length > written.length);
        await during();
        await until('the lines are written', () => writer.lines.length >= LINES);
        writer.stop();
        written.push(...writer.lines);
      };
      const arrived = () =>
        until('the server has all lines', () => server.lines().length >= written.length, {
          told: () => `${server.lines().length} of ${written.length}\n${rotatedIn(s.dir).join(' ')}\n${agent.stderr()}`,
        });

      let agent = startAgent(s, conf);
      let up = true;
      for (const [index, { when, also = [] }] of rotations.entries()) {
        const rotate = () => logrotateAs(s, s.at('app.log'), [...how, ...also]);
        if (up && (when === 'stopped' || when === 'away')) {
          assert.equal(await stopped(agent), 0, agent.stderr());
          up = false;
        }
        if (index > 0 && before) {
          await arrived();
          before(s);
        }
        await write(when === 'written' ? rotate : async () => {});
        if (when !== 'written') await rotate();
        if (!up && rotations[index + 1]?.when !== 'away') {
          agent = startAgent(s, conf);
          up = true;
        }
      }
      await write(async () => {});
      await arrived();
      assert.equal(await stopped(agent), 0, agent.stderr());

      const rotated = rotatedIn(olddir ? s.at('old') : s.dir);
      for (const one of rotated) assert.match(one, leaves);
      assert.equal(rotated.length, before ? 1 : rotations.length);
      const { lines, repeated } = once(server.lines());
      assertSameLines(lines, written);
      assert.equal(repeated.count, 0);
      const { code, text } = await server.verdict();
      assert.equal(code, 0, text);
      assert.match(text, new RegExp(`^Complete: ${written.length} records, 0 repeats, nothing is missing`, 'm'));
    },
  );
}
