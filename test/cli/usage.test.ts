import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { COMMANDS as ALL_COMMANDS } from '../../agent/cli/commands.ts';
import { createWorld } from './fake-io.ts';

const MANIFEST = path.resolve(import.meta.dirname, '../../package.json');
const COMMANDS = [
  'run',
  'try',
  'check',
  'status',
  'spool',
  'rewind',
  'forget',
  'receive',
  'explain',
  'report',
  'completion',
];

test('--version prints the version of package.json and nothing else', async () => {
  using world = createWorld();
  const { version } = JSON.parse(fs.readFileSync(MANIFEST, 'utf8')) as { version: string };
  assert.deepEqual(await world.run('--version'), { code: 0, out: `${version}\n`, err: '' });
});

test('--help lists every command, and fits 80 columns', async () => {
  using world = createWorld();
  const { code, out, err } = await world.run('--help');
  assert.equal(code, 0);
  assert.equal(err, '');
  for (const name of COMMANDS) assert.match(out, new RegExp(`^  tailship ${name} `, 'm'));
  assert.deepEqual(await world.run('-h'), { code, out, err });
  assert.deepEqual(await world.run('help'), { code, out, err });
  for (const line of out.split('\n')) assert.ok(line.length <= 80, line);
});

test('each command has a help with usage, an example, its exit codes and where to go next', async () => {
  using world = createWorld();
  for (const name of COMMANDS) {
    const { code, out } = await world.run(name, '--help');
    assert.equal(code, 0);
    assert.match(out, new RegExp(`^Usage: tailship .*${name}`));
    assert.match(out, /^Examples:\n {2}\S/m);
    assert.match(out, /^Exit codes:\n {2}0 {2}\S/m);
    assert.deepEqual(await world.run('help', name), { code: 0, out, err: '' });
    const wide = out.split('\n').filter((line) => line.length > 80 && !/^ {2}\S*.*(tailship|TAILSHIP)/.test(line));
    assert.deepEqual(wide, [], 'only a command to be copied may be longer than the terminal is wide');
  }
});

for (const [argv, sentence] of [
  [['chekc'], "'chekc' is no command of tailship. Did you mean 'check'?"],
  [
    ['frobnicate'],
    "'frobnicate' is no command of tailship. There are: run, init, try, check, status, spool, rewind, forget, receive, explain, report, completion.",
  ],
  [['help', 'trie'], "'trie' is no command of tailship. Did you mean 'try'?"],
  [['--onec'], '--onec is no option of tailship run. Did you mean --once?'],
  [['--version', 'chek'], "'chek' is no command of tailship. Did you mean 'check'?"],
  [['--once', 'status'], "--once is no option of tailship status. See 'tailship status --help'."],
  [['status', '--jsno'], '--jsno is no option of tailship status. Did you mean --json?'],
  [['check', '-x'], "-x is no option of tailship check. See 'tailship check --help'."],
  [['check', '--constructor'], "--constructor is no option of tailship check. See 'tailship check --help'."],
  [['check', 'config.conf'], "tailship check takes no words besides options, and 'config.conf' is one too many."],
  [['try', 'a.log', 'b.log'], "tailship try takes 1 word at most, and 'b.log' is one too many."],
  [['run', '--config'], '--config needs a value behind it.'],
  [['run', '-c'], '-c needs a value behind it.'],
  [['run', '--config='], '--config needs a value: --config FILE.'],
  [['run', '-c', 'a', '-c', 'b'], '--config was given twice.'],
  [['run', '--wait', '60s'], '--wait belongs to --once: tailship run --once --wait 60s.'],
  [['run', '--once', '--wait', '60'], "--wait: '60' has no unit: write 60s for seconds, or use ms, m, h or d."],
  [['try', '--lines', 'many'], "--lines takes a whole number, and 'many' is none."],
  [['spool', 'ls', 'main'], "tailship spool takes 1 word at most, and 'main' is one too many."],
  [['rewind'], 'rewind needs a FILE or the name of an input.'],
  [['rewind', 'app.log'], 'rewind needs --to: beginning, end, a byte or a time.'],
  [
    ['rewind', 'app.log', '--to', 'noon'],
    '--to noon: that is no place in a file. Write beginning, end, a byte such as 4096,',
  ],
  [['explain', 'spool-ful'], "'spool-ful' is no code of tailship. Did you mean 'explain spool-full'?"],
  [['explain', 'zzz'], "'zzz' is no code of tailship. 'tailship explain' lists them all."],
  [['init'], 'Name the log file: tailship init FILE'],
  [['forget'], 'forget needs a FILE or the name of an input.'],
] as const) {
  test(`tailship ${argv.join(' ')} is refused with a sentence and exit code 2`, async () => {
    using world = createWorld();
    const { code, out, err } = await world.run(...argv);
    assert.equal(code, 2);
    assert.equal(out, '');
    assert.ok(err.startsWith(`tailship: ${sentence.replace("Did you mean '", "Did you mean 'tailship ")}`), err);
    assert.equal(err.trimEnd().split('\n').length, 1);
  });
}

for (const command of ['run', 'check', 'try', 'status', 'spool ls']) {
  test(`tailship ${command} with a configuration that is absent or wrong ends with exit code 2 and every problem`, async () => {
    using world = createWorld();
    const absent = await world.run(...command.split(' '), '-c', 'absent.conf');
    assert.equal(absent.code, 2);
    assert.match(absent.out + absent.err, /absent\.conf: there is no such file/);

    world.write('bad.conf', '[input]\npth = /x\n[spool]\nsync = maybe\n');
    const bad = await world.run(...command.split(' '), '-c', 'bad.conf');
    assert.equal(bad.code, 2);
    const sentence = "bad\\.conf:2: 'pth' is no key of \\[input\\]\\. Did you mean 'path'\\? \\[config-key\\]";
    assert.match((bad.out + bad.err).replaceAll(/\n {11}/g, ' '), new RegExp(`^(?: {2}error {4})?${sentence}$`, 'm'));
    assert.match(bad.out + bad.err, /^(?: {2}error {4})?bad\.conf:4: /m);
    assert.doesNotMatch(bad.out + bad.err, /\n\s+at .*:\d+:\d+/);
  });
}

test('an option of one name is of one kind in every command: a line is read before its command is known', () => {
  const kinds = new Map<string, Set<string>>();
  for (const { options } of ALL_COMMANDS)
    for (const [name, { kind, short = '' }] of Object.entries(options))
      kinds.set(name, (kinds.get(name) ?? new Set()).add(`${kind} ${short}`));
  assert.ok(kinds.size > 10);
  assert.deepEqual(
    [...kinds].filter(([, all]) => all.size > 1),
    [],
  );
});

test('an unexpected error is one sentence, without a stack', async () => {
  using world = createWorld();
  const stdin = (async function* () {
    yield Buffer.from('Nov 23 10:00:00 web1 app: x\n');
    throw new TypeError('the pipe broke');
  })();
  const { code, err } = await world.runWith({ stdin }, 'try', '-');
  assert.equal(code, 1);
  assert.equal(err, 'tailship: the pipe broke\n');
});

test('completion prints a script for the shell, and the words that it asks for are commands and options', async () => {
  using world = createWorld();
  const { code, out } = await world.run('completion');
  assert.equal(code, 0);
  assert.match(out, /^###-begin-tailship-completions-###|^#compdef tailship/);
  const commands = await world.run('--get-yargs-completions', 'tailship', '');
  assert.equal(commands.code, 0);
  for (const name of COMMANDS) assert.match(commands.out, new RegExp(`^${name}(:|\t|$)`, 'm'));
  const options = await world.run('--get-yargs-completions', 'tailship', 'status', '--');
  assert.match(options.out, /^--watch/m);
});

test('an option that stands alone is refused with a value, and never taken for its opposite', async () => {
  using world = createWorld();
  const { code, err } = await world.run('run', '--once=maybe');
  assert.equal(code, 2);
  assert.equal(err, 'tailship: --once stands alone and takes no value.\n');
});
