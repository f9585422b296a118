import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { generated } from '../../scripts/docs.ts';

const root = path.resolve(import.meta.dirname, '../..');

for (const [file, text] of Object.entries(generated())) {
  test(`${file} says what the tables say`, () => {
    // A plain sentence: the two texts are long.
    assert.ok(
      fs.readFileSync(path.join(root, file), 'utf8') === text,
      `${file} is not current: run node scripts/docs.ts`,
    );
  });
}
