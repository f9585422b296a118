import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { tailship } from '../harness/agent.ts';
import { growingLines } from '../harness/growing.ts';
import { freePort } from '../harness/processes.ts';
import { startRsyslogd } from '../harness/rsyslogd.ts';
import { needsParts } from '../harness/system.ts';
import { scene } from '../harness/temp.ts';
import { until } from '../harness/wait.ts';

const FRAMES = 10_000;
/** Each frame is the same in every run of the same seed. */
const SEED = Number(process.env.PARITY_SEED ?? Math.floor(Math.random() * 2 ** 31));

const characters = (from: number, to: number, without = '') =>
  Array.from({ length: to - from + 1 }, (_, i) => String.fromCharCode(from + i)).filter(
    (one) => !without.includes(one),
  );
const printable = characters(0x21, 0x7e);
/** RFC 5424 section 6.2: any printable character, up to the field's length. */
const field = (max: number) =>
  fc.oneof(
    { weight: 1, arbitrary: fc.constant('-') },
    { weight: 4, arbitrary: fc.string({ unit: fc.constantFrom(...printable), minLength: 1, maxLength: max }) },
    { weight: 1, arbitrary: fc.string({ unit: fc.constantFrom(...printable), minLength: max, maxLength: max }) },
  );
/** Without the backslash, which RFC 5424 allows: rsyslog takes one at the end of a name for an escape of the bracket. */
const name = fc.string({ unit: fc.constantFrom(...characters(0x21, 0x7e, '="]\\')), minLength: 1, maxLength: 32 });
const value = fc.string({
  unit: fc.oneof(
    fc.constantFrom('"', '\\', ']', ' ', '[', '='),
    fc.constantFrom(...printable),
    fc.constantFrom('订', 'é', '😀'),
  ),
  maxLength: 40,
});
const element = fc.tuple(name, fc.uniqueArray(fc.tuple(name, value), { maxLength: 4, selector: ([key]) => key }));
// rsyslog drops a line feed at a message's end, so there is always something behind; and it writes #000 for a NUL.
const message = fc
  .oneof(
    fc.string({ unit: 'grapheme', maxLength: 200 }),
    fc.string({ unit: 'binary', maxLength: 100 }),
    fc.json({ maxDepth: 2 }),
  )
  .map((text) => `${text.replaceAll('\0', '')}.`);
const frame = fc.record({
  host: field(255),
  app: field(48),
  pid: field(128),
  msgid: field(32),
  sd: fc.uniqueArray(element, { maxLength: 3, selector: ([id]) => id }),
  msg: message,
  time: fc.date({ min: new Date('1971-01-01T00:00:00Z'), max: new Date('2037-12-31T23:59:59Z'), noInvalidDate: true }),
  zone: fc.constantFrom('Z', '+00:00', '+02:00', '-11:30', '+13:45'),
});
type Frame = typeof frame extends fc.Arbitrary<infer T> ? T : never;

const escaped = (text: string) => text.replaceAll(/["\\\]]/g, '\\$&');
const sdText = ({ sd }: Frame) =>
  sd.length === 0
    ? '-'
    : sd.map(([id, params]) => `[${id}${params.map(([key, text]) => ` ${key}="${escaped(text)}"`).join('')}]`).join('');
/** The wall clock of `time` in its zone, with the zone. */
function timeText({ time, zone }: Frame): string {
  const found = /([+-])(\d\d):(\d\d)/.exec(zone);
  const minutes = found === null ? 0 : (found[1] === '-' ? -1 : 1) * (Number(found[2]) * 60 + Number(found[3]));
  return new Date(time.getTime() + minutes * 60_000).toISOString().replace('Z', zone);
}
function wire(one: Frame, pri: number): Buffer {
  const head = `<${pri}>1 ${timeText(one)} ${one.host} ${one.app} ${one.pid} ${one.msgid} ${sdText(one)}`;
  const bytes = Buffer.from(`${head} ${one.msg}`);
  return Buffer.concat([Buffer.from(`${bytes.length} `), bytes]);
}

const COLUMNS = {
  pri: 'pri',
  time: 'timereported:::date-rfc3339',
  host: 'hostname',
  app: 'app-name',
  pid: 'procid',
  msgid: 'msgid',
  sd: 'structured-data',
  msg: 'msg',
};
const template = `{${Object.entries(COLUMNS)
  .map(([key, property]) =>
    property.includes(':::') ? `\\"${key}\\":\\"%${property}%\\"` : `%${property}:::jsonf:${key}%`,
  )
  .join(',')}}\\n`;
type Row = Readonly<Record<keyof typeof COLUMNS, string>>;

test(
  `receive and rsyslogd read the same fields out of ${FRAMES} generated frames`,
  needsParts('rsyslog'),
  async (t) => {
    const s = scene(t);
    t.diagnostic(`PARITY_SEED=${SEED}`);
    const frames = fc.sample(frame, { numRuns: FRAMES, seed: SEED });
    const server = await startRsyslogd(s, { template });
    const port = await freePort();
    const out = s.at('receive.json');
    const receive = tailship(s, ['receive', '--listen', `tcp://127.0.0.1:${port}`, '--out', out, '--json']);
    await until('receive listens', () => receive.stderr().includes(String(port)), { told: receive.stderr });
    const own = growingLines(out);
    const bytes = Buffer.concat(frames.map((one, n) => wire(one, n % 192)));
    for (const to of [server.port, port]) net.connect(to, '127.0.0.1').end(bytes);
    await until('both have all', () => server.lines().length >= FRAMES && own().length >= FRAMES, {
      told: () => `rsyslogd has ${server.lines().length}, receive has ${own().length}`,
    });
    for (const [n, one] of frames.entries()) {
      const theirs = JSON.parse(server.lines()[n]!) as Row;
      const ours = JSON.parse(own()[n]!) as Record<string, unknown>;
      const shown = () =>
        `frame ${n} of seed ${SEED}: ${JSON.stringify(wire(one, n % 192).toString())}\n${JSON.stringify(theirs)}\n${JSON.stringify(ours)}`;
      const { time, ...rest } = theirs;
      assert.deepEqual(
        rest,
        {
          pri: String(ours.pri),
          host: ours.hostname ?? '-',
          app: ours.appName ?? '-',
          pid: ours.procid ?? '-',
          msgid: ours.msgid ?? '-',
          sd: sdText(one),
          msg: ours.msg,
        },
        shown(),
      );
      assert.equal(Date.parse(time), Date.parse(String(ours.timestamp)), shown());
      const sd = Object.fromEntries(one.sd.map(([id, params]) => [id, Object.fromEntries(params)]));
      assert.deepEqual(ours.sd ?? {}, sd, shown());
      assert.deepEqual([ours.pri, ours.msg], [n % 192, one.msg], shown());
    }
  },
);
