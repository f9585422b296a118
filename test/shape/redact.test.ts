import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { createRedactor, READY_REDACTIONS } from '../../agent/shape/redact.ts';
import type { RedactRule } from '../../agent/types.ts';
import { input, problem } from '../config/load.ts';
import { chunkOf, contextOf, jsonOf, messagesOf, type Setup, shaperOf, shapeText } from './shaped.ts';

const READY = new Map(READY_REDACTIONS.map((name): [string, RedactRule] => [name, 'ready']));
const all = { rules: READY, hashKey: undefined };
const redact = (line: string, config = all) => createRedactor(config)!.redact(line);
const own = (regex: string) => ({ rules: new Map<string, RedactRule>([['own', { regex }]]), hashKey: undefined });

describe('ready redactions', () => {
  const cases: readonly [what: string, line: string, redacted: string][] = [
    ['a card number', 'pays with 4111111111111111 now', 'pays with *** now'],
    ['a card number in groups', 'card="5500-0000-0000-0004"', 'card="***"'],
    ['a card number with blanks', '3782 822463 10005.', '***.'],
    ['a card number beside other numbers', 'n 5 4111 1111 1111 1111 12-24', 'n 5 *** 12-24'],
    ['digits whose check digit is wrong', 'order 4111111111111112', 'order 4111111111111112'],
    ['digits that are a part of more', 'id 94111111111111111111111', 'id 94111111111111111111111'],
    ['an e-mail address', 'mail to <jo.doe+x@mail.example.co.uk>', 'mail to <***>'],
    ['what only looks like one', 'user@localhost @example.com', 'user@localhost @example.com'],
    ['a bearer token', 'Authorization: Bearer abc.DEF-123_x==, next', 'Authorization: Bearer ***, next'],
    ['basic credentials', "'authorization': 'Basic dXNlcjpwYXNz'", "'authorization': 'Basic ***'"],
    ['a password in a URL', 'postgres://app:s3cr:t@db.example.com:5432/x', 'postgres://app:***@db.example.com:5432/x'],
    ['a URL without one', 'http://example.com:80/a?b=c@d', 'http://example.com:80/a?b=c@d'],
    ['several in a line', '4111111111111111 a@b.example 4111111111111111', '*** *** ***'],
  ];
  for (const [what, line, redacted] of cases) test(what, () => assert.equal(redact(line), redacted));

  test('give the same whether the line is seen as text or as bytes', () => {
    const words = fc.constantFrom(
      '4111 1111 1111 1111',
      'ä@b.example',
      'Bearer ü12345678',
      'x://é:ö@h',
      ' ',
      'ß',
      '中',
      '\u00a0',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(words, fc.string({ unit: 'binary' }))), (parts) => {
        const line = parts.join('').toWellFormed();
        const narrow = createRedactor(all)!.redact(Buffer.from(line).toString('latin1'));
        assert.equal(Buffer.from(narrow, 'latin1').toString(), redact(line));
      }),
    );
  });
});

describe('redaction', () => {
  test('of an own expression replaces all that it matches, or its group secret alone', () => {
    assert.equal(redact('a=1 b=22', own('\\d+')), 'a=*** b=***');
    assert.equal(redact('token=abc; user=x', own('token=(?<secret>[^;]+)')), 'token=***; user=x');
    assert.equal(redact('k=token=token', own('token=(?<secret>\\w+)')), 'k=***=***', 'rather too much than too little');
    assert.equal(redact('cost $1 and $&', own('\\$1')), 'cost *** and $&');
  });

  test('with a key keeps the same secret recognisable, however it is written, and says nothing of it without the key', () => {
    const keyed = (hashKey: string) => createRedactor({ rules: READY, hashKey })!;
    const one = keyed('k').redact('4111111111111111');
    assert.match(one, /^\*{3}[0-9a-f]{16}$/);
    assert.equal(keyed('k').redact('4111-1111-1111-1111'), one);
    assert.notEqual(keyed('other').redact('4111111111111111'), one);
  });

  test('with a key hashes the UTF-8 of a secret', () => {
    const redactor = createRedactor({ ...own('schl[üu]ssel'), hashKey: 'k' })!;
    const hash = createHmac('sha256', 'k').update(Buffer.from('schlüssel')).digest('hex');
    assert.equal(redactor.redact('der schlüssel'), `der ***${hash.slice(0, 16)}`);
  });

  test('holds for the sample of lines that match no pattern, too', () => {
    const shaper = shaperOf({ transform: redacted });
    shaper.open(contextOf());
    shaper.shape(chunkOf(Buffer.from(`no line of the pattern ${secret}\n`)));
    assert.deepEqual(shaper.samples(), ['no line of the pattern ***']);
  });

  const secret = '4111111111111111';
  const redacted: NonNullable<Setup['transform']> = {
    redact: { rules: new Map([['card', 'ready' as const]]), hashKey: undefined },
  };
  const line = (text: string) => `Jul  5 11:30:35 host app: ${text}\n`;

  test('holds for lines that match, that do not, that are joined, over chunks, in every format and in parts', () => {
    const lines = `${line(`ä card ${secret}`)} at ${secret}\nplain ${secret} ${'x'.repeat(600)}\n`;
    for (const format of ['rfc5424', 'rfc3164', 'script'] as const) {
      for (const unmatched of ['ship', 'join'] as const) {
        for (const json of ['own', 'all'] as const) {
          const messages = shapeText(lines, {
            transform: { ...redacted, unmatched },
            record: { format, chunk: 480, json },
          });
          assert.ok(messages.length > 1);
          for (const message of messages) assert.ok(!message.includes(secret), message);
          assert.ok(messages.some((message) => message.includes('card ***')));
        }
      }
    }
    const shaper = shaperOf({ transform: { ...redacted, unmatched: 'join' } });
    shaper.open(contextOf());
    const bytes = Buffer.from(`${line('ä first')} then ${secret}\n`);
    const cut = bytes.indexOf(' then');
    const batches = [shaper.shape(chunkOf(bytes, 0, cut)), shaper.shape(chunkOf(bytes, cut)), shaper.flush(1)!];
    const messages = batches.flatMap((batch) => messagesOf(batch).map(String));
    assert.deepEqual(
      messages.map((message) => jsonOf(message).MSG),
      ['ä first\n then ***'],
    );
    assert.equal(shaper.status().redacted, 1);
  });
});

test('an own expression sees the text of a line and not its bytes', () => {
  for (const unmatched of ['ship', 'join'] as const) {
    const transform = { unmatched, redact: own('schl[üu]ssel') };
    const [message] = shapeText('Jul  5 11:30:35 host app: der schlüssel\n', { transform });
    assert.equal(jsonOf(message!).MSG, 'der ***');
  }
});

describe('[redact]', () => {
  test('is off, is switched on by name, and takes expressions; [redact.NAME] changes one input', () => {
    assert.deepEqual([...input('').transform.redact.rules.values()], ['off', 'off', 'off', 'off']);
    const { rules, hashKey } = input("[redact]\ncard = on\nhash_key = k\ntoken = 'tok=(?P<secret>\\w+)'\n").transform
      .redact;
    assert.deepEqual(
      [rules.get('card'), rules.get('token'), hashKey],
      ['ready', { regex: 'tok=(?<secret>\\w+)' }, 'k'],
    );
    assert.equal(rules.has('hash_key'), false);
    const web = input('[input.web]\npath = /x\n[redact]\ncard = on\nemail = on\n[redact.web]\ncard = off\n');
    assert.deepEqual(
      [web.transform.redact.rules.get('card'), web.transform.redact.rules.get('email')],
      ['off', 'ready'],
    );
  });

  test('refuses what it cannot promise, with the reason and the cure', () => {
    const wrong: readonly [key: string, text: string, sentence: RegExp][] = [
      ['token', 'on', /there is no ready one of that name, only card, bearer, url_password, email\. Write a regex/],
      ['token', 'yes', /'yes' is neither on, off nor a regex, which needs single quotes, such as/],
      ['token', "'a('", /'a\(' does not compile: Unterminated group/],
      [
        'token',
        "'x(?!y)'",
        /may take for ever on some lines, and a redaction cannot be given up\. Do without lookaround/,
      ],
      ['token', "'x*'", /matches nothing at all everywhere\. Let it match at least one character/],
    ];
    for (const [key, text, sentence] of wrong) assert.match(problem('redact', key, text), sentence);
  });
});
