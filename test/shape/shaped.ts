/** What the tests of shape/ share: a shaper with defaults, chunks of a file, and the messages that come out. */
import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { EVERYTHING } from '../../agent/shape/select.ts';
import { createShaper, type Shaper } from '../../agent/shape/shaper.ts';
import type {
  Batch,
  Chunk,
  FileContext,
  InputConfig,
  PriorityRule,
  RecordConfig,
  TransformConfig,
} from '../../agent/types.ts';
import { CLUE_BYTES } from '../../agent/wire/clue.ts';

export const GEN = 'aaaabbbbccccdddd';
export const NOON = Date.UTC(2024, 6, 15, 12);

export const LEVELS: ReadonlyMap<string, number> = new Map([
  ['INFO', 6],
  ['WARN', 4],
  ['ERROR', 3],
  ['DEBUG', 7],
]);
export const OWNERS: ReadonlyMap<string, PriorityRule> = new Map([
  ['*', { facility: 1, severity: undefined }],
  ['ecms_troubleshoot', { facility: undefined, severity: 0 }],
]);

export type Setup = {
  readonly transform?: Partial<TransformConfig>;
  readonly record?: Partial<RecordConfig>;
  readonly input?: Partial<InputConfig>;
  readonly context?: Partial<FileContext>;
};

const transformOf = (changes: Partial<TransformConfig> = {}): TransformConfig => ({
  pattern: { builtin: 'app' },
  unmatched: 'ship',
  timezone: 'UTC',
  levels: LEVELS,
  owners: OWNERS,
  redact: { rules: new Map(), hashKey: undefined },
  fields: new Map(),
  limits: [],
  ...changes,
});

function recordOf(changes: Partial<RecordConfig> = {}): RecordConfig {
  return {
    format: 'rfc5424',
    chunk: 0,
    json: 'own',
    hostname: 'agent',
    sdId: 'tail@32473',
    mark: undefined,
    reportLoss: true,
    select: EVERYTHING,
    template: undefined,
    recordTemplate: undefined,
    ...changes,
  };
}

/** An input and the form of its records, with defaults. */
export function partsOf({ transform, record, input }: Setup = {}): {
  readonly input: InputConfig;
  readonly record: RecordConfig;
} {
  const config: InputConfig = {
    name: 'input',
    named: false,
    paths: ['/var/log/app/app.log'],
    state: '/var/lib/tailship/spool.db',
    start: 'beginning',
    rotated: undefined,
    poll: 1000,
    watch: 'auto',
    encoding: 'utf-8',
    maxLine: 2 ** 20,
    closeAfter: 5000,
    holdSize: 0,
    holdAge: 0,
    transform: transformOf(transform),
    ...input,
  };
  return { input: config, record: recordOf(record) };
}

export function shaperOf(setup: Setup = {}, warn: (sentence: string) => void = () => {}): Shaper {
  return createShaper({ ...partsOf(setup), warn });
}

export function contextOf(changes: Partial<FileContext> = {}): FileContext {
  return {
    ...{ file: 1, gen: GEN, input: 'input', path: '/var/log/app/app.log' },
    ...{ offset: 0, skip: 0, after: undefined },
    ...changes,
  };
}

/** A chunk of the file `content` from `start` up to `end`. */
export function chunkOf(content: Buffer, start = 0, end = content.length, changes: Partial<Chunk> = {}): Chunk {
  return {
    ...{ input: 'input', file: 1, start, end, cut: false, modified: NOON, readAt: NOON },
    bytes: content.subarray(start, end),
    before: content.subarray(Math.max(0, start - CLUE_BYTES), start),
    ...changes,
  };
}

/** The messages of a batch, as bytes. */
export function messagesOf({ payload, ends }: Batch): Buffer[] {
  return [...ends].map((end, i) => payload.subarray(i === 0 ? 0 : ends[i - 1]! + 1, end));
}

/** Shapes a whole file in one chunk; the messages as text. */
export function shapeText(content: string | Buffer, setup: Setup = {}): string[] {
  const shaper = shaperOf(setup);
  const bytes = Buffer.from(content);
  shaper.open(contextOf(setup.context));
  const batches = [shaper.shape(chunkOf(bytes)), shaper.flush(1)];
  for (const batch of batches) assert.ok(!batch || isUtf8(batch.payload), 'not UTF-8');
  return batches.flatMap((batch) => (batch ? messagesOf(batch).map(String) : []));
}

/** The JSON of a message, whatever its form. */
export function jsonOf(message: string): Record<string, string> {
  return JSON.parse(message.slice(message.indexOf('{'))) as Record<string, string>;
}
