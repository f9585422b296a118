/** Places in files for `tailship rewind`: the beginning, the end, the line that holds a byte, the first line of a time. */
import fs from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { createShaper } from './shape/shaper.ts';
import type { Generation, InputConfig, RecordConfig } from './types.ts';
import { readIdentity } from './wire/identity.ts';
import { linesFor, linesOf, MARK_BYTES } from './wire/lines.ts';
import { readRfc5424 } from './wire/rfc5424.ts';
import { parseDuration } from './wire/units.ts';

/** Where to go: `time` in ms since the epoch. */
export type Goal = 'beginning' | 'end' | { readonly byte: number } | { readonly time: number };

/** Largest archive that is looked into, unpacked, in bytes. */
const LARGEST_ARCHIVE = 2 ** 30;
const STEP = 256 * 1024;

/** Reads what `--to` says: beginning, end, a byte, a time (ISO 8601, local where no zone is written) or how long ago. Throws a sentence. */
export function readGoal(text: string, now: number): Goal {
  if (text === 'beginning' || text === 'end') return text;
  if (/^\d+$/.test(text)) return { byte: Number(text) };
  const iso = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00` : text;
  const time = /^\d{4}-\d\d-\d\d/.test(iso) ? Date.parse(iso) : Number.NaN;
  if (Number.isFinite(time)) return { time };
  try {
    return { time: now - parseDuration(text) };
  } catch {
    const all = 'beginning, end, a byte such as 4096, a time such as 2026-11-22T10:00, or how long ago, such as 1d';
    throw new Error(`--to ${text}: that is no place in a file. Write ${all}.`);
  }
}

/** The bytes of a file, unpacked. */
export type Content = { readonly size: number; read(from: number, to: number): Buffer; close(): void };

export function openContent(path: string): Content {
  if (path.endsWith('.gz')) {
    const bytes = gunzipSync(fs.readFileSync(path), { maxOutputLength: LARGEST_ARCHIVE });
    return { size: bytes.length, read: (from, to) => bytes.subarray(from, to), close() {} };
  }
  const fd = fs.openSync(path, 'r');
  return {
    size: fs.fstatSync(fd).size,
    read(from, to) {
      const bytes = Buffer.alloc(Math.max(0, to - from));
      return bytes.subarray(0, fs.readSync(fd, bytes, 0, bytes.length, from));
    },
    close: () => fs.closeSync(fd),
  };
}

type Parts = {
  readonly input: InputConfig;
  readonly record: RecordConfig;
  readonly generation: Generation;
  readonly modified: number;
};

/** The offset of a goal, always where a line begins; undefined where no line is as young as a time. */
export function placeOf(content: Content, goal: Goal, parts: Parts): number | undefined {
  if (goal === 'beginning') return 0;
  if (goal === 'end') return lineStart(content, content.size, parts.input);
  if ('byte' in goal) return lineStart(content, Math.min(goal.byte, content.size), parts.input);
  return firstSince(content, goal.time, parts);
}

/** Behind the last newline before `at`. */
function lineStart(content: Content, at: number, input: InputConfig): number {
  const lines = linesFor(content.read(0, Math.min(MARK_BYTES, content.size)), linesOf(input));
  const from = Math.max(0, at - input.maxLine);
  const end = lines.last(content.read(from - (from % lines.unit), at), at - from + (from % lines.unit));
  return end < 0 ? from : from - (from % lines.unit) + end;
}

function firstSince(
  content: Content,
  time: number,
  { input, record, generation, modified }: Parts,
): number | undefined {
  if (modified < time) return undefined;
  const { file, gen, chain } = generation;
  const shaper = createShaper({ input, record: { ...record, format: 'rfc5424', chunk: 0 }, warn() {} });
  shaper.open({ file, gen, input: input.name, path: chain, offset: 0, skip: 0, after: undefined });
  const lines = linesFor(content.read(0, Math.min(MARK_BYTES, content.size)), linesOf(input));
  for (let start = 0; start < content.size; ) {
    const bytes = content.read(start, Math.min(content.size, start + STEP + input.maxLine));
    const last = lines.last(bytes, bytes.length);
    const body = last < 0 ? bytes : bytes.subarray(0, last);
    const end = start + body.length;
    // A line without a time of its own is as old as can be: it stays with those before it.
    const common = {
      input: input.name,
      file,
      before: Buffer.alloc(0),
      modified,
      readAt: 0,
      cut: false,
      encoding: lines.encoding,
    };
    const { payload, ends } = shaper.shape({ ...common, bytes: Buffer.from(body), start, end });
    for (let i = 0; i < ends.length; i += 1) {
      const message = readRfc5424(payload.toString('utf8', i === 0 ? 0 : ends[i - 1]! + 1, ends[i]));
      const identity = message?.sd.map((element) => readIdentity(element)).find((one) => one !== undefined);
      if (message && identity && Date.parse(message.timestamp) >= time) return identity.at;
    }
    start = end;
  }
  return undefined;
}
