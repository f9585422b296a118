import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigProblems } from '../../agent/config.ts';
import { withTlsFiles } from '../../agent/config-tls.ts';
import { loadConfig } from '../../agent/sections.ts';
import type { MISTAKE_CODES } from '../../agent/wire/codes-mistakes.ts';
import { folder, load } from './load.ts';

/** By code: configurations with one mistake of that kind, or with the environment that makes it. */
const MISTAKES: Readonly<Record<keyof typeof MISTAKE_CODES, readonly (string | Buffer | Record<string, string>)[]>> = {
  'config-file': ['[syslog]\ntarget = tls://h\ntls_ca = absent.pem\n'],
  'config-line': [
    '[input\n',
    '[input] path = /a\n',
    '[input]\njust words\n',
    '[input]\n= /a\n',
    '[input]\npath = /a\u00a0\n',
    '[input]\npath = /a\x07\n',
    Buffer.from('[input]\npath = /\xe4\n', 'latin1'),
    Buffer.from('\ufeff[input]\n', 'utf16le'),
  ],
  'config-quotes': [
    "[input]\npath = '/a\n",
    '[input]\npath = /a#b\n',
    "[input]\npath = '/a';comment\n",
    "[input]\npath = '/a' /b\n",
    "[input]\npath = '/a' '/b'\n",
    "[input]\npa'th = /a\n",
    '[input]\npath = /"a ; "b\n',
  ],
  'config-section': [
    '[inptu]\n',
    '[spool.big]\n',
    '[input.a b]\n',
    '[input.web]\npath = /a\n[transform.wbe]\npattern = json\n',
  ],
  'config-key': ['path = /a\n', '[input]\npth = /a\n', '[input]\ntarget = udp://h\n', "[input]\n'' = 1\n"],
  'config-twice': [
    '[log]\n[log]\n',
    '[spool]\nsync = full\nsync = full\n',
    '[input.a]\npath = /a\n[input.b]\npath = /a\n',
  ],
  'config-value': [
    '[spool]\nsync = maybe\n',
    '[input]\npoll = soon\n',
    "[transform]\npattern = '('\n",
    '[spool]\nsync[] = full\n',
    '[fields]\nx = %nothing%\n',
    { TAILSHIP_SPOOL_SYNC: 'maybe' },
  ],
  'config-variable': [
    { TAILSHIP_INPUT_PAHT: '/a' },
    { TAILSHIP_INPUT_PATH: '/a\x07' },
    { TAILSHIP_INPUT_PATH: '/a', TAILSHIP_INPUT_Path: '/b' },
  ],
  'config-wrong': [
    '[status]\nlisten = 0.0.0.0:9100\n',
    '[syslog]\nchunk = 1MiB\n',
    '[syslog]\ntarget = tls://h\ntls_key = /a\n',
  ],
};

function codesOf(mistake: string | Buffer | Record<string, string>): string[] {
  try {
    const plain = typeof mistake === 'string' || Buffer.isBuffer(mistake);
    withTlsFiles(plain ? load(mistake) : load('', mistake), 'config.conf');
    return [];
  } catch (error) {
    if (!(error instanceof ConfigProblems)) throw error;
    assert.ok(error.withCodes().endsWith(`[${error.problems.at(-1)!.code}]`));
    return error.problems.map(({ code }) => code);
  }
}

for (const [code, mistakes] of Object.entries(MISTAKES)) {
  test(`each mistake of the kind ${code} carries that code`, () => {
    for (const mistake of mistakes) assert.deepEqual(codesOf(mistake), [code], JSON.stringify(mistake));
  });
}

test('a configuration that is named and absent carries config-file', () => {
  assert.throws(
    () => loadConfig({ file: 'absent.conf', env: {}, cwd: folder }),
    (error) => error instanceof ConfigProblems && error.problems[0]?.code === 'config-file',
  );
});
