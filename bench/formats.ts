/** What it costs to shape a line of each kind that a built-in pattern takes apart, in one thread and with nothing else around it. */
import { chunkOf, contextOf, shaperOf } from '../test/shape/shaped.ts';
import { median } from './measure.ts';

const LINES = 100_000;
/** Bytes that are read at once. */
const CHUNK = 256 * 1024;
/** Runs before those that count, in which V8 compiles. */
const WARM = 2;

/** A line of each kind, a millisecond after the one before. */
const KINDS: Readonly<Record<string, (n: number) => string>> = {
  app: (n) => `${day(n)} web01 app: [${4000 + (n % 17)}][INFO] [T${n % 64}] ${text(n)}`,
  'app with quotes': (n) => `${day(n)} web01 app: [${4000 + (n % 17)}][INFO] [T${n % 64}] "order": "${text(n)}"`,
  syslog: (n) => `${day(n)} web01 sshd[${4000 + (n % 17)}]: ${text(n)}`,
  rfc5424: (n) => `<34>1 ${iso(n)} web01 app ${n % 1000} ID47 [origin@32473 ip="192.0.2.1"] ${text(n)}`,
  nginx: (n) =>
    `192.0.2.1 - - [15/Jul/2026:${clock(n)} +0000] "GET /order?n=${n} HTTP/1.1" 200 ${n} "-" "Mozilla/5.0 (X11)"`,
  java: (n) => `${iso(n).replace('T', ' ').replace('.', ',').slice(0, -1)} INFO  [main] com.example.Order - ${text(n)}`,
  python: (n) => `${iso(n).replace('T', ' ').replace('.', ',').slice(0, -1)} INFO root: ${text(n)}`,
  json: (n) => `{"time":"${iso(n)}","level":"info","msg":"${text(n)}","user":"u${n % 100}","ms":${n % 1000},"ok":true}`,
  logfmt: (n) => `time=${iso(n)} level=info msg="${text(n)}" user=u${n % 100} ms=${n % 1000}`,
  cri: (n) => `${iso(n).slice(0, -1)}456789Z stdout F ${text(n)}`,
  'cri/json': (n) => `${iso(n).slice(0, -1)}456789Z stdout F {"level":"info","msg":"${text(n)}","user":"u${n % 100}"}`,
  'docker-json': (n) => `{"log":"${text(n)}\\n","stream":"stdout","time":"${iso(n).slice(0, -1)}456789Z"}`,
};

const iso = (n: number) => new Date(Date.UTC(2026, 6, 15, 11) + n).toISOString();
const clock = (n: number) => iso(n).slice(11, 19);
const day = (n: number) => `Jul 15 ${clock(n)}`;
const text = (n: number) => `order ${n} accepted, stored and queued for the next worker`;

export function formats(runs: number, say: (line: string) => void): void {
  for (const [kind, line] of Object.entries(KINDS)) {
    const builtin = kind.split(' ')[0]!;
    const bytes = Buffer.from(Array.from({ length: LINES }, (_, n) => `${line(n)}\n`).join(''));
    const seconds = Array.from({ length: WARM + runs }, () => shapeAll(bytes, builtin)).slice(WARM);
    const each = (median(seconds) * 1e9) / LINES;
    say(
      `${kind}: ${each.toFixed(0)} ns a line of ${Math.round(bytes.length / LINES)} bytes, ${(bytes.length / 1e6 / median(seconds)).toFixed(0)} MB/s`,
    );
  }
}

/** Processor time, in s. */
function shapeAll(bytes: Buffer, builtin: string): number {
  const shaper = shaperOf({ transform: { pattern: { builtin } } });
  shaper.open(contextOf({}));
  const before = process.cpuUsage();
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.lastIndexOf('\n', Math.min(bytes.length, at + CHUNK) - 1) + 1;
    shaper.shape(chunkOf(bytes, at, end));
    at = end;
  }
  if (shaper.status().unmatched > 0) throw new Error(`lines that the pattern ${builtin} does not match`);
  return process.cpuUsage(before).user / 1e6;
}
