import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { test } from 'node:test';
import { MAIN, startAgent, startReceiver, stopped, writeConfig } from '../harness/agent.ts';
import { needsParts } from '../harness/system.ts';
import { type Scene, scene } from '../harness/temp.ts';
import { until } from '../harness/wait.ts';

/** A terminal of the test's own, with a shell in it. */
function createTmux(my: Scene, columns: number, rows: number) {
  const socket = my.at('tmux');
  const tmux = (...args: readonly string[]) =>
    execFileSync('tmux', ['-S', socket, '-f', '/dev/null', ...args], { encoding: 'utf8', cwd: my.dir });
  tmux('new-session', '-d', '-x', `${columns}`, '-y', `${rows}`, 'sh');
  my.atEnd(() => void tmux('kill-server'));
  return {
    type: (line: string) => void tmux('send-keys', '-l', `${line}\n`),
    press: (key: string) => void tmux('send-keys', key),
    resize: (wide: number, high: number) => void tmux('resize-window', '-x', `${wide}`, '-y', `${high}`),
    screen: () => tmux('capture-pane', '-p').split('\n').slice(0, -1),
    /** Whether the other screen is shown, the cursor is visible, and long lines wrap. */
    modes: () => tmux('display-message', '-p', '#{alternate_on} #{cursor_flag} #{wrap_flag}').trim(),
  };
}

test('status --watch on a real terminal: live, resized, through a stop and a start of the agent, and left by q and Ctrl-C', {
  ...needsParts('tmux'),
}, async (t) => {
  const my = scene(t);
  const receiver = await startReceiver(my, 'tcp');
  const conf = writeConfig(my, { target: `tcp://127.0.0.1:${receiver.port}` });
  fs.writeFileSync(my.at('app.log'), 'Nov 23 10:00:00 web1 app: one\n');
  let agent = startAgent(my, conf);
  const terminal = createTmux(my, 100, 30);
  const shows = (what: RegExp) =>
    until(String(what), () => terminal.screen().some((row) => what.test(row)), {
      told: () => terminal.screen().join('\n'),
    });

  // tmux puts the shell's screen back as it is wrapped after the resize, its cursor perhaps behind a prompt: hence the empty line.
  const watch = (word: string) =>
    `'${process.execPath}' '${MAIN}' status -c '${conf}' --watch; printf '\\n${word} with %s\\n' "$?"`;
  terminal.type(watch('left'));
  await shows(/^syslog {2}LIVE {2}tcp:/);
  await shows(/^ {4}1 line read = 1 acked$/);
  assert.equal(terminal.modes(), '1 0 0');
  assert.match(terminal.screen()[29]!, /every second · q leaves/);
  fs.appendFileSync(my.at('app.log'), 'Nov 23 10:00:01 web1 app: two\n');
  await shows(/^ {4}2 lines read = 2 acked$/);

  assert.equal(await stopped(agent), 0);
  await shows(/^tailship is NOT RUNNING/);
  agent = startAgent(my, conf);
  await shows(/^syslog {2}LIVE {2}tcp:/);

  terminal.resize(60, 15);
  await until('it is drawn smaller', () => /every second · q leaves/.test(terminal.screen()[14] ?? ''));
  assert.match(terminal.screen()[0]!, /^tailship \S+ {2}(HEALTHY|DEGRADED)/);
  terminal.press('q');
  await shows(/^left with 0$/);
  assert.equal(terminal.modes(), '0 1 1');

  terminal.type(`clear; ${watch('then')}`);
  await shows(/^syslog {2}LIVE/);
  terminal.press('C-c');
  await shows(/^then with 0$/);
  assert.equal(terminal.modes(), '0 1 1');
  terminal.type('echo typed');
  await shows(/^typed$/);
  assert.equal(await stopped(agent), 0);
  assert.equal((await receiver.verdict()).code, 0);
});
