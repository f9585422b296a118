import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { CODES } from '../../agent/wire/codes.ts';
import { brokenRules, codesNamed, type Tree } from './rules.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** The project's own text files: what git would keep. */
function project(folder = '', tree: Record<string, string> = {}): Record<string, string> {
  for (const entry of fs.readdirSync(path.join(root, folder), { withFileTypes: true })) {
    const file = path.posix.join(folder, entry.name);
    if (/^(node_modules|dist|out|coverage|\.git|\.env.*|~)$/.test(entry.name)) continue;
    if (entry.isDirectory()) project(file, tree);
    else if (entry.isFile()) tree[file] = fs.readFileSync(path.join(root, file), 'utf8');
  }
  return tree;
}

test('the project keeps the rules of its house', () => {
  const tree = project();
  assert.ok(tree['agent/agent.ts'] !== undefined && tree['test/house/rules.ts'] !== undefined, 'the tree was read');
  assert.deepEqual(brokenRules(tree), []);
});

test('every code in the table is said somewhere: the compiler sees to it that every code said is in the table', () => {
  const codes = Object.keys(CODES);
  const named = codesNamed(project(), codes);
  assert.deepEqual(
    codes.filter((code) => !named.has(code)),
    [],
  );
  assert.deepEqual(codesNamed({ 'agent/x.ts': "log.warn('spool-fuller', '')" }, ['spool-full']), new Set());
});

/** A tree that keeps every rule. */
const SOUND: Tree = {
  'agent/main.ts':
    "const { runCli } = await import('./cli/cli.ts');\nprocess.on('SIGTERM', () => process.exit(await runCli()));\n",
  'agent/types-config.ts': 'export type Config = { readonly name: string };\n',
  'agent/types.ts': "import type { ZodType } from 'zod';\nexport type Chunk = ZodType;\n",
  'agent/agent.ts':
    "import { tail } from './tail/tail.ts';\nimport { ship } from './ship/ship.ts';\nexport const agent = [tail, ship];\n",
  'agent/bell.ts': 'export const bell = 1;\n',
  'agent/cli/cli.ts':
    "import yargs from 'yargs';\nimport { agent } from '../agent.ts';\nexport const runCli = () => yargs(agent);\n",
  'agent/tail/tail.ts':
    "import { clue } from '../wire/clue.ts';\nimport type { Chunk } from '../types.ts';\nexport const tail = clue as Chunk;\n",
  'agent/ship/ship.ts': "import { link } from './link.ts';\nexport const ship = link;\n",
  'agent/ship/link.ts': "import retry from 'p-retry';\nexport const link = retry;\n",
  'agent/wire/clue.ts': "import crypto from 'node:crypto';\nexport const clue = crypto;\n",
  'test/tail/tail.test.ts': "test('a line is read', { skip: false }, () => {});\n",
  'README.md': 'tailship ships log files.\n',
};

test('a sound tree breaks no rule', () => {
  assert.deepEqual(brokenRules(SOUND), []);
});

const PLANTED: readonly {
  readonly rule: string;
  readonly file: string;
  readonly text: string;
  readonly said: RegExp;
}[] = [
  {
    rule: 'a room imports another room',
    file: 'agent/tail/x.ts',
    text: "import { ship } from '../ship/ship.ts';",
    said: /tail\/ imports agent\/ship\/ship\.ts/,
  },
  {
    rule: 'a room imports a type of another room',
    file: 'agent/tail/x.ts',
    text: "type X = import('../ship/ship.ts').X;",
    said: /a room imports its own files/,
  },
  {
    rule: 'a room exports from another room',
    file: 'agent/tail/x.ts',
    text: "export * from '../ship/ship.ts';",
    said: /a room imports its own files/,
  },
  {
    rule: 'a room loads another room late',
    file: 'agent/tail/x.ts',
    text: "const x = await import('../ship/ship.ts');",
    said: /a room imports its own files/,
  },
  {
    rule: 'a room imports a composition file',
    file: 'agent/tail/x.ts',
    text: "import { agent } from '../agent.ts';",
    said: /a room imports its own files/,
  },
  {
    rule: 'a room imports cli/',
    file: 'agent/tail/x.ts',
    text: "import { runCli } from '../cli/cli.ts';",
    said: /only main\.ts may import cli/,
  },
  {
    rule: 'cli/ imports a room',
    file: 'agent/cli/x.ts',
    text: "import { ship } from '../ship/ship.ts';",
    said: /cli\/ imports agent\/ship/,
  },
  {
    rule: 'wire/ imports types.ts',
    file: 'agent/wire/x.ts',
    text: "import type { Chunk } from '../types.ts';",
    said: /wire\/ imports agent\/types\.ts/,
  },
  {
    rule: 'wire/ imports a package',
    file: 'agent/wire/x.ts',
    text: "import { z } from 'zod';",
    said: /wire\/ imports the package zod/,
  },
  {
    rule: 'types.ts imports a file of the project',
    file: 'agent/types.ts',
    text: "import { bell } from './bell.ts';",
    said: /types\.ts imports/,
  },
  {
    rule: 'types-config.ts imports a file of the project',
    file: 'agent/types-config.ts',
    text: "import type { Chunk } from './types.ts';",
    said: /types-config\.ts imports/,
  },
  {
    rule: 'a room goes past types.ts',
    file: 'agent/tail/x.ts',
    text: "import type { Config } from '../types-config.ts';",
    said: /types\.ts hands its types on/,
  },
  {
    rule: 'main.ts imports a room',
    file: 'agent/main.ts',
    text: "import { ship } from './ship/ship.ts';",
    said: /it may import cli\/ only/,
  },
  { rule: 'a file imports main.ts', file: 'agent/x.ts', text: "import './main.ts';", said: /imports main\.ts/ },
  {
    rule: 'a file imports the tests',
    file: 'agent/x.ts',
    text: "import '../test/tail/tail.test.ts';",
    said: /outside agent/,
  },
  { rule: 'a file imports what does not exist', file: 'agent/x.ts', text: "import './y.ts';", said: /does not exist/ },
  {
    rule: 'a file imports a computed name',
    file: 'agent/x.ts',
    text: 'await import(name);',
    said: /not a plain string/,
  },
  {
    rule: 'two files import each other',
    file: 'agent/ship/link.ts',
    text: "import type { S } from './ship.ts';",
    said: /imports itself: agent\/ship\/ship\.ts > agent\/ship\/link\.ts/,
  },
  {
    rule: 'another file than main.ts ends the process',
    file: 'agent/x.ts',
    text: 'if (bad) process.exit(1);',
    said: /ends the process/,
  },
  {
    rule: 'another file than main.ts listens to a signal',
    file: 'agent/x.ts',
    text: "process.once('SIGHUP', () => {});",
    said: /listens to a signal/,
  },
  { rule: 'a file is too long', file: 'agent/x.ts', text: 'const x = 1;\n'.repeat(261), said: /longer than 260 lines/ },
  { rule: 'a type is any', file: 'agent/x.ts', text: 'let x: Map<string, any>;', said: /the type any/ },
  { rule: 'a check is switched off', file: 'scripts/x.ts', text: `// @${'ts'}-ignore`, said: /a check switched off/ },
  {
    rule: 'a rule of the linter is switched off',
    file: 'test/x.ts',
    text: `// ${'biome'}-ignore lint: no`,
    said: /a check switched off/,
  },
  { rule: 'something is unfinished', file: 'scripts/x', text: `# TO${'DO'}: the rest`, said: /an unfinished word/ },
  { rule: 'a test runs alone', file: 'test/x.test.ts', text: "test.only('x', () => {});", said: /switched off/ },
  {
    rule: 'a test is skipped by a call',
    file: 'test/x.test.ts',
    text: "test.skip('x', () => {});",
    said: /switched off/,
  },
  {
    rule: 'a test is skipped without a reason',
    file: 'test/x.test.ts',
    text: "test('x', { skip: true }, () => {});",
    said: /switched off/,
  },
  {
    rule: 'a path of one machine stands in a file',
    file: 'docs/x.md',
    text: `run /${'work'}/main/scripts/demo`,
    said: /a path of one machine/,
  },
  {
    rule: 'a test writes to a fixed temporary path',
    file: 'test/x.test.ts',
    text: `const dir = '/${'tmp'}/x';`,
    said: /a fixed temporary path/,
  },
];

for (const { rule, file, text, said } of PLANTED) {
  test(`it is noticed when ${rule}`, () => {
    const broken = brokenRules({ ...SOUND, [file]: text });
    assert.equal(broken.length, 1, broken.join('\n'));
    assert.match(broken[0] ?? '', said);
    if (!rule.startsWith('two files')) assert.ok(broken[0]?.startsWith(`${file}:`), broken.join());
  });
}

test('what only looks like an import or a call is no broken rule', () => {
  const text =
    "// import '../ship/ship.ts';\nconst s = `process.exit(1)`;\nconst r = /import '..\\/ship\\/ship.ts'/;\n";
  assert.deepEqual(brokenRules({ ...SOUND, 'agent/tail/x.ts': text }), []);
});
