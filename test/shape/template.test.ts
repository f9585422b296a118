import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { readTemplate } from '../../agent/shape/template.ts';
import { readIdentity } from '../../agent/wire/identity.ts';
import { readRfc5424 } from '../../agent/wire/rfc5424.ts';
import { config, destination, input, problem, problems } from '../config/load.ts';
import { chunkOf, contextOf, GEN, jsonOf, messagesOf, type Setup, shaperOf, shapeText } from './shaped.ts';

const LINE = 'Jul  5 11:30:35 web-1 billing[12]: [WARN] [core] slow "card" ä\n';
const IDENTITY = `[tail@32473 f="${GEN}" at="0" len="${Buffer.byteLength(LINE)}"]`;

function shape(template: string, line = LINE, setup: Setup = {}): string {
  return shapeText(line, { ...setup, record: { template: readTemplate(template), ...setup.record } })[0]!;
}
const whole = (template: string, line = LINE, setup: Setup = {}) =>
  shapeText(line, { ...setup, record: { recordTemplate: readTemplate(template), ...setup.record } })[0]!;

describe('template', () => {
  test('stands in place of the JSON; header and identity stay', () => {
    const message = shape('%timestamp% host=%hostname%, tag=%app-name%, sev=%severity-text%, msg=%msg%');
    assert.equal(
      message,
      `<12>1 2024-07-05T11:30:35Z web-1 billing 12 - ${IDENTITY} 2024-07-05T11:30:35Z host=web-1, tag=billing, sev=warning, msg=slow "card" ä`,
    );
  });

  test('record_template stands in place of everything', () => {
    assert.equal(
      whole('<%pri%>%timestamp:::date-rfc3164% %HOSTNAME% %syslogtag% %structured-data% %msg%'),
      `<12>Jul  5 11:30:35 web-1 billing[12]: ${IDENTITY} slow "card" ä`,
    );
    assert.deepEqual(JSON.parse(whole('{"m":"%msg:::json%","p":%json%}')), {
      m: 'slow "card" ä',
      p: { LEVEL: 'WARN', MSG: 'slow "card" ä', OTHER: 'core' },
    });
  });

  test('has the properties by rsyslog’s names, and the groups of the pattern', () => {
    const all =
      'pri pri-text syslogfacility syslogfacility-text facility-text syslogseverity severity-text procid msgid source';
    assert.equal(
      whole(
        all
          .split(' ')
          .map((name) => `%${name}%`)
          .join('|'),
      ),
      '12|user.warning<12>|1|user|user|4|warning|12|-|web-1',
    );
    assert.equal(
      whole('%level%|%other%|%owner%|%time%|%pid%|%file%|%input%'),
      'WARN|core|billing|Jul  5 11:30:35|12|/var/log/app/app.log|input',
    );
    assert.equal(whole('%rawmsg%'), LINE.trimEnd());
    assert.equal(whole('%timegenerated%'), '2024-07-15T12:00:00.000Z');
  });

  test('takes parts of values, by characters, and changes them', () => {
    assert.equal(whole('%msg:1:4%|%msg:6:$%|%app-name:::uppercase%|%msg:13:14:uppercase%'), 'slow|"card" ä|BILLING|Ä');
    assert.equal(whole('%msg:::csv%|%hostname:2:3%|100%%'), '"slow ""card"" ä"|eb|100%');
  });

  test('gives nothing for what a line does not have, and the line itself for one that does not match', () => {
    assert.equal(whole('[%level%][%msg%]', 'plain text\n'), '[][plain text]');
  });

  test('lets no control character through, so that no line can forge a frame', () => {
    assert.equal(
      whole('%msg%', `${LINE.trimEnd()}\tx\x01\x7f\n  at y\n`, { transform: { unmatched: 'join' } }),
      'slow "card" ä#011x#001#177#012  at y',
    );
  });

  test('gives the same whether the line is ASCII or not, and whatever the template itself says', () => {
    const setup: Setup = { input: { name: 'größe' }, context: { path: '/var/log/ö.log' } };
    for (const end of ['', ' ä']) {
      const line = `${LINE.slice(0, -3)}${end}\n`;
      assert.equal(whole('%msg% %file%', line, setup), `slow "card"${end} /var/log/ö.log`);
      assert.equal(whole('ü %msg%', line, setup), `ü slow "card"${end}`);
      assert.equal(whole('%msg:2:4% %input%', line, setup), 'low größe');
      assert.equal(whole('%msg:::uppercase%', line, setup), `SLOW "CARD"${end.toUpperCase()}`);
    }
  });
});

describe('a record longer than chunk', () => {
  const unit = fc.constantFrom('a', ' ', '"', '\t', 'é', '日', '😀');

  test('comes in parts that hold MSG when put together, each valid UTF-8 and within chunk', () => {
    const texts = fc.string({ unit, minLength: 1, maxLength: 900 });
    fc.assert(
      fc.property(texts, fc.integer({ min: 300, max: 480 }), (text, chunk) => {
        const shaper = shaperOf({ record: { template: readTemplate('sev=%severity-text% msg=%msg%.'), chunk } });
        shaper.open(contextOf());
        const messages = messagesOf(shaper.shape(chunkOf(Buffer.from(`Jul  5 11:30:35 host app: x${text}\n`))));
        let msg = '';
        for (const [i, message] of messages.entries()) {
          assert.ok(message.length <= chunk && isUtf8(message));
          const record = readRfc5424(message.toString())!;
          assert.deepEqual(
            readIdentity(record.sd[0]!)!.part,
            messages.length === 1 ? undefined : { n: i + 1, of: messages.length },
          );
          msg += /^sev=info msg=(.*)\.$/s.exec(record.msg)?.[1] ?? assert.fail(record.msg);
        }
        assert.equal(msg, `x${text}`.replaceAll('\t', '#011'));
      }),
    );
  });

  test('loses its end where the template has no whole MSG that could be cut', () => {
    const setup: Setup = { record: { chunk: 480 } };
    const message = whole('%msg:1:900%', `Jul  5 11:30:35 host app: ${'é'.repeat(600)}\n`, setup);
    assert.equal(message, 'é'.repeat(240));
  });
});

describe('[fields]', () => {
  const fields = (text: string) => input(`[fields]\n${text}`).transform.fields;

  test('adds members to the JSON, static ones and such with properties', () => {
    const transform = {
      fields: fields("env = prod\nwhere = '%input%: %file%'\nwho = %owner%@%hostname%\nnone = %other%\n"),
    };
    const [matched, plain] = shapeText('Jul  5 11:30:35 web-1 app: x\ny\n', { transform });
    assert.deepEqual(jsonOf(matched!), {
      ENV: 'prod',
      MSG: 'x',
      WHERE: 'input: /var/log/app/app.log',
      WHO: 'app@web-1',
    });
    assert.deepEqual(jsonOf(plain!), { ENV: 'prod', MSG: 'y', WHERE: 'input: /var/log/app/app.log', WHO: '@agent' });
  });

  test('are escaped as the format wants it, whether the line is ASCII or not', () => {
    const transform = { fields: fields('quote = say "ü"\nfile = %file%\n') };
    for (const format of ['rfc5424', 'rfc3164', 'script'] as const) {
      for (const text of ['x', 'ä', '"']) {
        const [message] = shapeText(`${text}\n`, { transform, record: { format }, context: { path: '/ö"' } });
        const { QUOTE, FILE, MSG } = jsonOf(message!);
        assert.deepEqual([QUOTE, FILE, MSG], ['say "ü"', '/ö"', text]);
      }
    }
  });

  test('go with json = all and with a list that names them', () => {
    const setup = (json: 'all' | string[]): Setup => ({
      transform: { fields: fields('env = prod\n') },
      record: { json },
    });
    assert.equal(jsonOf(shapeText(LINE, setup('all'))[0]!).ENV, 'prod');
    assert.deepEqual(jsonOf(shapeText(LINE, setup(['MSG', 'ENV']))[0]!), { ENV: 'prod', MSG: 'slow "card" ä' });
    assert.deepEqual(jsonOf(shapeText(LINE, setup(['MSG']))[0]!), { MSG: 'slow "card" ä' });
  });
});

describe('in the configuration', () => {
  test('a template is read, and its absence is the JSON', () => {
    assert.equal(destination('').record.template, undefined);
    const written = destination("[syslog]\ntemplate = 'a %msg%'\n").record.template;
    assert.deepEqual(written, ['a ', { name: 'msg', from: 0, to: Number.POSITIVE_INFINITY, options: [] }]);
  });

  test('what cannot be read is refused with the reason and the cure', () => {
    const wrong: readonly [string, RegExp][] = [
      ["'%msg'", /'%msg' has a % that is not closed\. Write %property%, or %% for a percent sign/],
      ["'100% of %msg%'", /'% of %' in '100% of %msg%' is no property|has a % that is not closed/],
      ["'%msg:0:3%'", /places count from 1, and \$ is the end/],
      ["'%msg:::upper%'", /'upper' in '%msg:::upper%' is no option that is known here\. There are uppercase/],
    ];
    for (const [text, sentence] of wrong) assert.match(problem('syslog', 'template', text), sentence);
  });

  test('a property that no pattern and no record has is refused, with the nearest that there is', () => {
    const [one = '', two = ''] = problems(
      "[syslog]\ntemplate = '%protocol-verson% %level%'\n[fields]\nx = %nothing_like_it%\n",
    );
    assert.match(
      one!,
      /\[syslog\] template: %protocol-verson% is neither a property nor a group of the pattern\. Did you mean %protocol-version%\?/,
    );
    assert.match(two, /\[fields\] X: %nothing_like_it% is neither .* There are time, host, owner/);
    assert.doesNotThrow(() => config("[syslog]\ntemplate = '%shard%'\n[transform]\npattern = '(?<shard>\\d+)'\n"));
  });
});
