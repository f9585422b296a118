import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { shapeText } from './shaped.ts';

type Vector = { readonly json: string | null; readonly pri: number | null; readonly line_b64: string };

const vectors = readFileSync(new URL('../fixtures/script.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Vector);

const setup = {
  transform: { pattern: { builtin: 'script' }, unmatched: 'drop' },
  record: { format: 'script' },
} as const;

const sentBy = ({ json, pri }: Vector): string[] => (json === null ? [] : [`<${pri}>${json}`]);
const lineOf = ({ line_b64 }: Vector): Buffer => Buffer.from(line_b64, 'base64');

describe('format = script', () => {
  test('there are 401 vectors, and most of them send something', () => {
    assert.equal(vectors.length, 401);
    assert.ok(vectors.filter(({ json }) => json !== null).length > 200);
  });

  test('each line gives what the script meant to send, byte for byte', () => {
    for (const vector of vectors) {
      const line = Buffer.concat([lineOf(vector), Buffer.from('\n')]);
      assert.deepEqual(shapeText(line, setup), sentBy(vector), lineOf(vector).toString());
    }
  });

  test('all lines in one chunk give the same, in order', () => {
    const file = Buffer.concat(vectors.flatMap((vector) => [lineOf(vector), Buffer.from('\n')]));
    assert.deepEqual(shapeText(file, setup), vectors.flatMap(sentBy));
  });

  test('a line that does not match is sent with the same five keys when unmatched lines ship', () => {
    const sent = shapeText('no log line: é"\n', { ...setup, transform: { ...setup.transform, unmatched: 'ship' } });
    const json = '{"HEADER": "", "MSG": "no log line: \\u00e9\\"", "OWNER": "", "PID": "", "PRI": "14"}';
    assert.deepEqual(sent, [`<14>${json}`]);
  });

  test('the pattern app gives the same for every line that the script takes', () => {
    for (const vector of vectors.filter(({ json }) => json !== null)) {
      const app = { ...setup, transform: { unmatched: 'drop', pattern: { builtin: 'app' } } } as const;
      assert.deepEqual(shapeText(lineOf(vector), app), sentBy(vector));
    }
  });
});
