/**
 * Stories of files, as in test/tail/stories.ts, played with the real agent and a real kill -9. How far the agent is when something
 * happens is up to the machine, so a story is not replayed exactly; what must hold does not depend on it.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { askControl } from '../../agent/ops/control.ts';
import type { Status } from '../../agent/ops/status.ts';
import { startAgent, startReceiver, stopped, writeConfig } from '../harness/agent.ts';
import { assertCloses } from '../harness/ledger.ts';
import type { Running } from '../harness/processes.ts';
import { scene } from '../harness/temp.ts';
import { until } from '../harness/wait.ts';
import { choose } from '../tail/stories.ts';
import { randomOf } from '../tail/story-dice.ts';
import { Story } from '../tail/story-steps.ts';

const STORIES = 20;
const LENGTH = 50;
const nothing = {
  clock: { advance() {}, jump() {} },
  reader: { read: () => '' },
  kill() {},
  start() {},
  reload() {},
  refusals: () => 0,
};

/** Token to the identities of the records that carried it. */
function tokensOf(messages: readonly string[]): Map<number, Set<string>> {
  const all = new Map<number, Set<string>>();
  for (const message of messages) {
    const [, gen, at] = /\[tail@32473 f="(\w+)" at="(\d+)"/.exec(message) ?? [];
    for (const [, token] of message.matchAll(/\[(\d+)\]/g)) {
      const identities = all.get(Number(token)) ?? new Set();
      all.set(Number(token), identities.add(`${gen} ${at}`));
    }
  }
  return all;
}

/** Asks a running agent for its status and holds its sum: every line and byte that was read is in one place. False where none answers. */
async function sumHolds(spool: string): Promise<boolean> {
  const answer = await askControl(`${spool}.sock`, '/status').catch(() => undefined);
  if (answer === undefined) return false;
  const { destinations } = JSON.parse(answer) as Status;
  for (const { ledger } of destinations.flatMap(({ inputs }) => inputs)) assertCloses(ledger);
  return destinations.length > 0;
}

test(`${STORIES} random stories with the real agent and kill -9: what was there to be read arrives, and a repeat is known by its identity`, {
  concurrency: 2,
}, async (t) => {
  const stories = Array.from({ length: STORIES }, (_, i) => i + 1).map((seed) =>
    t.test(`seed ${seed}`, async (t) => {
      const s = scene(t);
      const folder = s.at('log');
      fs.mkdirSync(folder);
      const server = await startReceiver(s, 'tcp');
      const conf = writeConfig(s, {
        file: `${folder}/app.log`,
        target: `tcp://127.0.0.1:${server.port}`,
        input: 'start = oldest\nclose_after = 300ms',
        syslog: 'linger = 50ms',
      });
      const random = randomOf(seed);
      const world = new Story({ folder, ...nothing }, random, new Map(), {
        dated: random() < 0.5,
        inner: false,
        folder: '',
      });
      world.calm = true;
      const steps: string[] = [];
      const told: string[] = [];
      let kills = 0;
      let agent: Running | undefined = startAgent(s, conf);
      const required = () => {
        const here = tokensOf(server.lines());
        return Array.from({ length: world.next - 1 }, (_, i) => i + 1).filter(
          (token) => !here.has(token) && !world.mayLack.has(token),
        );
      };
      for (let i = 0; i < LENGTH; i += 1) {
        const step = choose(random);
        steps.push(`${step} (${world.next - 1})`);
        if (step === 'kill' && agent) {
          agent.signal('SIGKILL');
          await agent.exited;
          told.push(agent.stderr());
          agent = undefined;
          kills += 1;
        } else if (step === 'begin') agent ??= startAgent(s, conf);
        else if (step === 'wait') await sleep(400);
        else if (step === 'look' || step.startsWith('read')) await sleep(Math.floor(random() * 80));
        else {
          // What the agent holds open by now is not known here.
          world.running = false;
          (world as unknown as Record<string, () => void>)[step]?.();
        }
        if (agent) await sumHolds(s.at('spool.db'));
      }
      agent ??= startAgent(s, conf);
      world.dropLate();
      await sleep(800);
      // What a late writer added after its file was let go is found at the next rotation.
      world.rename();
      world.write();
      fs.appendFileSync(`${folder}/app.log`, '\n');
      const state = () =>
        `seed ${seed}, missing ${required().join(' ')}\n${steps.join('\n')}\n${told.join('')}${agent?.stderr()}`;
      await until('the sum holds once more', async () => sumHolds(s.at('spool.db')));
      await until('all that was there has arrived', () => required().length === 0, { patience: 20_000, told: state });
      assert.equal(await stopped(agent), 0);
      for (const [token, identities] of tokensOf(server.lines()))
        assert.equal(identities.size, 1, `[${token}] has ${[...identities].join(' and ')}\n${state()}`);
      const { code, text } = await server.verdict();
      // Bytes that were gone before they could be read are told, and are no gap.
      assert.ok(
        code === 0 || / 0 gaps, 0 bytes missing, and \d+ bytes that the sender could not read\./.test(text),
        `${text}\n${state()}`,
      );
      if (kills === 0) assert.match(text, / 0 repeats/, state());
    }),
  );
  await Promise.all(stories);
});
