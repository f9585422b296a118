import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { linesOf } from '../../agent/wire/lines.ts';
import { type Scene, scene } from './scene.ts';

const sizes = (stage: Scene) =>
  stage.reader.chunks.map((chunk) => [chunk.start, chunk.end, chunk.bytes.length, chunk.cut]);

test('a half line stays in the file until its newline comes, and is not read again while it does not change', () =>
  scene({ before: { 'app.log': 'one\nhal' } }, (stage) => {
    assert.equal(stage.reader.read(), 'one\n');
    assert.equal(stage.pass(20_000), '');
    stage.write('f');
    assert.equal(stage.look(), '');
    stage.kill();
    stage.start();
    stage.write(' line\n');
    assert.equal(stage.look(), 'half line\n');
  }));

test('an unchanged file costs one stat a poll and no read', () => {
  const calls: string[] = [];
  return import('../../agent/tail/files.ts').then(({ realFiles }) => {
    const files = Object.fromEntries(
      Object.entries(realFiles).map(([name, run]) => [
        name,
        (...args: never[]) => {
          calls.push(name);
          return (run as (...all: never[]) => unknown)(...args);
        },
      ]),
    ) as typeof realFiles;
    return scene({ before: { 'app.log': 'one\nhal' }, files }, (stage) => {
      stage.pass(3000);
      calls.length = 0;
      stage.pass(5000);
      assert.deepEqual(calls, ['stat', 'stat', 'stat', 'stat', 'stat', 'stat', 'stat', 'stat', 'stat', 'stat']);
    });
  });
});

test('a line above max_line is cut at a character, its rest passed over, and the sum of bytes closes', () =>
  scene({ before: { 'app.log': `a\n${'é'.repeat(600)}\nb\n` }, input: { maxLine: 1001 } }, (stage) => {
    assert.equal(stage.reader.read(), `a\n${'é'.repeat(500)}b\n`);
    assert.deepEqual(sizes(stage), [
      [0, 2, 2, false],
      [2, 1002, 1000, true],
      [1002, 1203, 0, false],
      [1203, 1205, 2, false],
    ]);
  }));

test('a line of exactly max_line bytes is whole', () =>
  scene(
    { before: { 'app.log': `${'x'.repeat(1000)}\n${'y'.repeat(1001)}\nz\n` }, input: { maxLine: 1000 } },
    (stage) => {
      assert.equal(stage.reader.read(), `${'x'.repeat(1000)}\n${'y'.repeat(1000)}z\n`);
    },
  ));

test('the rest of a cut line that is still being written is passed over as it comes, also after a restart', () =>
  scene({ before: { 'app.log': 'x'.repeat(5000) }, input: { maxLine: 1000 } }, (stage) => {
    assert.equal(stage.reader.read(), 'x'.repeat(1000));
    stage.kill();
    stage.write('x'.repeat(5000));
    stage.start();
    assert.equal(stage.look(), '');
    stage.kill();
    stage.write('x\nnext\n');
    stage.start();
    assert.equal(stage.look(), 'next\n');
    assert.equal(stage.registry.rows.length, 1);
  }));

test('a line far above the size of a read is cut in bounded memory', () =>
  scene({ before: { 'app.log': `${'x'.repeat(5_000_000)}\nnext\n` } }, (stage) => {
    assert.equal(stage.reader.read(), `${'x'.repeat(1024 * 1024)}next\n`);
    assert.ok(stage.reader.chunks.every((chunk) => chunk.bytes.buffer.byteLength <= 2 * 1024 * 1024));
  }));

test('NUL bytes where a line should begin are passed over once something follows them', () =>
  scene({ before: { 'app.log': `a\n${'\0'.repeat(100)}b\n` } }, (stage) => {
    assert.equal(stage.reader.read(), 'a\nb\n');
    stage.write('\0'.repeat(300_000));
    assert.equal(stage.look(), '');
    const fd = fs.openSync(stage.live, 'r+');
    fs.writeSync(fd, 'c\n', 104);
    fs.closeSync(fd);
    assert.equal(stage.look(), 'c\n');
    stage.write('d\n');
    assert.equal(stage.look(), 'd\n');
  }));

test('a NUL within a line belongs to it', () =>
  scene({ before: { 'app.log': 'a\0b\nc\n' } }, (stage) => {
    assert.equal(stage.reader.read(), 'a\0b\nc\n');
  }));

test('chunks hold whole lines, follow one another without a gap, and carry the bytes before them', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 300_000 }), fc.boolean()), { minLength: 1, maxLength: 8 }),
      async (pieces) => {
        let number = 0;
        const texts = pieces.map(([size, newline]) => `${number++}:${'x'.repeat(size)}${newline ? '\n' : ''}`);
        await scene({ input: { maxLine: 8 * 1024 * 1024 } }, (stage) => {
          let text = '';
          for (const piece of texts) {
            stage.write(piece);
            text += stage.look();
          }
          const all = texts.join('');
          assert.equal(text, all.slice(0, all.lastIndexOf('\n') + 1));
          let at = 0;
          for (const chunk of stage.reader.chunks) {
            assert.equal(chunk.start, at);
            assert.equal(chunk.end, at + chunk.bytes.length);
            assert.equal(chunk.bytes.at(-1), 10);
            assert.equal(chunk.before.toString(), all.slice(Math.max(0, at - 256), at));
            at = chunk.end;
          }
        });
      },
    ),
    { numRuns: 25 },
  ));

for (const encoding of ['utf-16le', 'utf-16be'] as const) {
  test(`lines in ${encoding} end at its own newline, and not at bytes that look like one`, () => {
    const encode = (text: string): Buffer => {
      const bytes = Buffer.from(text, 'utf16le');
      return encoding === 'utf-16le' ? bytes : bytes.swap16();
    };
    return scene({ input: { encoding } }, (stage) => {
      // U+0A0A and U+0A00 hold the byte of a newline.
      stage.write(encode('\uFEFFone \u0A0A \u0A00\u0A0A two\nhal'));
      stage.clock.advance(1000);
      stage.reader.read();
      assert.deepEqual(
        Buffer.concat(stage.reader.chunks.map((chunk) => chunk.bytes)),
        encode('\uFEFFone \u0A0A \u0A00\u0A0A two\n'),
      );
      stage.write(encode('f\n'));
      stage.look();
      assert.deepEqual(stage.reader.chunks.at(-1)!.bytes, encode('half\n'));
    });
  });
}

for (const [name, mark, encode] of [
  ['utf-16le', [0xff, 0xfe], (text: string) => Buffer.from(text, 'utf16le')],
  ['utf-16be', [0xfe, 0xff], (text: string) => Buffer.from(text, 'utf16le').swap16()],
] as const) {
  test(`a byte order mark of ${name} says more than the encoding of the input, also after a restart`, () =>
    scene({}, (stage) => {
      // The mark comes byte by byte.
      stage.write(Buffer.from(mark.slice(0, 1)));
      stage.look();
      stage.write(Buffer.from(mark.slice(1)));
      stage.look();
      stage.write(encode('one \u0A0A\n'));
      stage.look();
      const [first] = stage.reader.chunks;
      assert.deepEqual(first!.bytes, Buffer.concat([Buffer.from(mark), encode('one \u0A0A\n')]));
      assert.equal(first!.encoding, name);
      stage.kill();
      stage.write(encode('two\n'));
      stage.start();
      stage.look();
      assert.deepEqual(stage.reader.chunks.at(-1)!.bytes, encode('two\n'));
      assert.equal(stage.reader.chunks.at(-1)!.encoding, name);
    }));

  test(`with start = end, a file in ${name} is followed from behind its last newline`, () =>
    scene({ input: { start: 'end' }, start: false }, (stage) => {
      stage.write(Buffer.concat([Buffer.from(mark), encode('one\n')]));
      stage.start();
      stage.look();
      stage.write(encode('two\n'));
      stage.look();
      assert.deepEqual(
        stage.reader.chunks.map(({ bytes }) => bytes),
        [encode('two\n')],
      );
    }));
}

test('a byte order mark of UTF-8 says more than the encoding of the input', () =>
  scene({ input: { encoding: 'utf-16le' } }, (stage) => {
    stage.write('\ufeffone\n');
    assert.equal(stage.look(), '\ufeffone\n');
    assert.equal(stage.reader.chunks[0]!.encoding, 'utf-8');
  }));

test('a cut never splits a character', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), fc.nat(), (text, at) => {
      const utf8 = Buffer.from(text);
      const cut = linesOf({ encoding: 'utf-8' }).character(utf8, at % (utf8.length + 1));
      assert.ok(text.startsWith(utf8.subarray(0, cut).toString()));
      const utf16 = Buffer.from(text, 'utf16le');
      const other = linesOf({ encoding: 'utf-16le' }).character(utf16, at % (utf16.length + 1));
      assert.ok(!/[\uD800-\uDBFF]$/.test(utf16.subarray(0, other).toString('utf16le')));
    }),
  );
});

test('records of one length are given out whole, whatever bytes are in them', () => {
  const record = (byte: number) => Buffer.alloc(384, byte);
  // A newline in each of them, and NUL bytes at their beginning, as records of no use have.
  const content = Buffer.concat([record(0x0a), Buffer.concat([Buffer.alloc(100), Buffer.alloc(284, 7)]), record(1)]);
  return scene({ input: { record: 384, maxLine: 3840 } }, (stage) => {
    stage.write(content.subarray(0, 384 + 50));
    stage.clock.advance(1000);
    stage.reader.read();
    stage.write(content.subarray(384 + 50));
    stage.look();
    const { chunks } = stage.reader;
    assert.deepEqual(Buffer.concat(chunks.map(({ bytes }) => bytes)), content);
    for (const { start, end } of chunks) assert.deepEqual([start % 384, end % 384], [0, 0]);
  });
});
