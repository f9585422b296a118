/**
 * The proof that nothing is missing. Each record says which bytes of which generation it was made of; per generation these pieces
 * must tile it from byte 0, and the first piece of a generation that follows another says up to which byte that one was read.
 * So three kinds of loss show: a record in the middle, the last ones of a generation that has a successor, a whole generation.
 *
 * A mark says how far a generation was read too, so that the quiet end of a file is proven without a successor. What the sender
 * knows to be lost it says, and that is told apart from a gap; so is what it dropped by a stated policy before it was sent.
 *
 * A generation is known by its name alone. HOSTNAME is what the log line says, so the records of one file may carry several.
 */
import type { IdentitySpan } from '../wire/identity-scan.ts';
import { type LossNotice, type Notice, readNotice } from '../wire/notice.ts';
import { readRfc5424 } from '../wire/rfc5424.ts';
import { type Coverage, createCoverage } from './coverage.ts';
import { createDrops, type Dropped, type Drops } from './drops.ts';

/**
 * A run of bytes that no record stood for. `where`: `head`, before the first byte seen; `middle`; `tail`, up to where the
 * successor says that this generation was read; `whole`, nothing of the generation came at all.
 */
export type Gap = { readonly from: number; readonly to: number; readonly where: 'head' | 'middle' | 'tail' | 'whole' };

export type GenerationReport = {
  readonly gen: string;
  /** HOSTNAME of the first of its records; of a generation that is missing whole, its successor's. */
  readonly host: string;
  readonly records: number;
  /** Records that had come before, wholly or in part. */
  readonly repeats: number;
  /** Of the repeats, those of which only a part had come before. */
  readonly overlaps: number;
  /** Records that came behind a later one, without having come before. */
  readonly disorder: number;
  /** The bytes proven are those from `first` to `end`, without the gaps. */
  readonly first: number;
  readonly end: number;
  readonly gaps: readonly Gap[];
  /** What did not come because the sender dropped it; it is in no gap. */
  readonly dropped: readonly Dropped[];
  /** Gaps too many to be told apart. */
  readonly forgotten: { readonly gaps: number; readonly bytes: number };
  /** The generation that it follows, and the one that says it follows this one. */
  readonly follows: string | undefined;
  readonly followedBy: string | undefined;
  /** True where a mark, and not a successor, says how far it was read. */
  readonly marked: boolean;
  readonly complete: boolean;
};

export type VerifyReport = {
  /** True when at least one record had an identity, nothing is missing, and the sender knows of nothing lost or dropped. */
  readonly complete: boolean;
  readonly records: number;
  readonly repeats: number;
  readonly disorder: number;
  /** Messages without a readable identity: nothing can be said of them. */
  readonly unidentified: number;
  readonly gaps: number;
  readonly missingBytes: number;
  readonly droppedBytes: number;
  /** What the sender says that it could not read, each once. */
  readonly losses: readonly LossNotice[];
  readonly generations: readonly GenerationReport[];
};

export type Verifier = {
  /** Takes one record: `span` as `scanIdentity` has filled it from `bytes`. */
  take(bytes: Buffer, span: IdentitySpan): void;
  /** Takes a message that has no identity: a notice of the sender, or one of which nothing can be said. */
  other(text: string): void;
  report(): VerifyReport;
};

type Seen = {
  readonly gen: string;
  readonly name: Buffer;
  readonly host: string;
  readonly coverage: Coverage;
  records: number;
  repeats: number;
  overlaps: number;
  disorder: number;
  after: { gen: string; upTo: number; prevskip: number } | undefined;
};

/**
 * Closes the sum over all records handed in. Memory grows with the generations and the gaps, never with the records.
 * `fromFirst`: what came before the first byte seen of a generation is not demanded, nor a generation of which nothing was
 * seen: for a receiver that joined while the sender was at work.
 */
export function createVerifier(options: { readonly fromFirst: boolean }): Verifier {
  const generations = new Map<string, Seen>();
  let current: Seen | undefined;
  const marks = new Map<string, Marked>();
  const losses = new Map<string, LossNotice>();
  const drops = createDrops();
  let unidentified = 0;

  function find(bytes: Buffer, span: IdentitySpan): Seen {
    if (current && isNamed(current.name, bytes, span.genStart, span.genEnd)) return current;
    const gen = bytes.toString('latin1', span.genStart, span.genEnd);
    current = generations.get(gen);
    if (!current) {
      const host = bytes.toString('latin1', span.hostStart, span.hostEnd);
      const counts = { records: 0, repeats: 0, overlaps: 0, disorder: 0 };
      current = { gen, name: Buffer.from(gen), host, coverage: createCoverage(), ...counts, after: undefined };
      generations.set(gen, current);
    }
    return current;
  }

  function keep(notice: Notice, host: string): void {
    for (const { gen, offset, skip } of notice.marks) {
      const upTo = offset - skip;
      if ((marks.get(gen)?.upTo ?? -1) < upTo) marks.set(gen, { upTo, host });
    }
    if (notice.loss) losses.set(JSON.stringify(notice.loss), notice.loss);
    if (notice.dropped) drops.take(notice.dropped, host);
  }

  return {
    take(bytes, span) {
      const start = span.at - span.skip;
      const end = span.at + span.len;
      if (start < 0 || end === start) {
        unidentified += 1;
        return;
      }
      const seen = find(bytes, span);
      const furthest = seen.coverage.end();
      const novelty = seen.coverage.add(start, end);
      seen.records += 1;
      if (novelty === 'overlap') seen.overlaps += 1;
      if (novelty !== 'new') seen.repeats += 1;
      else if (start < furthest) seen.disorder += 1;
      if (span.prevStart >= 0) follow(seen, bytes, span);
    },
    other(text) {
      const record = readRfc5424(text);
      const notice = record && readNotice(record.sd);
      if (!notice) unidentified += 1;
      else keep(notice, record.hostname);
    },
    report: () => summarize({ seen: [...generations.values()], marks, losses, drops, unidentified }, options.fromFirst),
  };
}

/** A generation's first record may come again with a higher END, when the one before has grown meanwhile: the highest counts. */
function follow(seen: Seen, bytes: Buffer, span: IdentitySpan): void {
  if (seen.after && seen.after.upTo >= span.prevUpTo) return;
  const gen = bytes.toString('latin1', span.prevStart, span.prevEnd);
  seen.after = { gen, upTo: span.prevUpTo, prevskip: span.prevskip };
}

function isNamed(name: Buffer, bytes: Buffer, start: number, end: number): boolean {
  if (name.length !== end - start) return false;
  for (let i = 0; i < name.length; i += 1) if (name[i] !== bytes[start + i]) return false;
  return true;
}

/** Up to where a mark says that a generation was read. */
type Marked = { readonly upTo: number; readonly host: string };
/** What a successor or a mark demands of a generation: its bytes up to `upTo`. */
type Demand = { readonly upTo: number; readonly by: Seen | undefined; readonly host: string };

type Taken = {
  readonly seen: readonly Seen[];
  readonly marks: ReadonlyMap<string, Marked>;
  readonly losses: ReadonlyMap<string, LossNotice>;
  readonly drops: Drops;
  readonly unidentified: number;
};

function summarize({ seen, marks, losses, drops, unidentified }: Taken, fromFirst: boolean): VerifyReport {
  const demands = new Map<string, Demand>();
  for (const [gen, { upTo, host }] of marks) demands.set(gen, { upTo, host, by: undefined });
  for (const by of seen) {
    if (!by.after) continue;
    const upTo = by.after.upTo - by.after.prevskip;
    const known = demands.get(by.after.gen);
    if (!known || known.upTo <= upTo) demands.set(by.after.gen, { upTo, by, host: by.host });
  }
  for (const [gen, { upTo, host }] of drops.reach())
    if ((demands.get(gen)?.upTo ?? -1) < upTo) demands.set(gen, { upTo, host, by: undefined });
  const names = new Set(seen.map(({ gen }) => gen));
  const reports: GenerationReport[] = [];
  const add = (report: Unexplained) => {
    const { gaps, dropped } = drops.explain(report.gen, report.gaps);
    const complete = gaps.length + dropped.length + report.forgotten.gaps === 0;
    reports.push({ ...report, gaps, dropped, complete });
  };
  const absent = (gen: string, demand: Demand | undefined) => {
    // A generation whose every byte was passed over on purpose sends no record, and none is missing.
    if (demand && demand.upTo > 0 && !fromFirst && !names.has(gen)) add(missing(gen, demand));
  };
  for (const one of seen) {
    const before = one.after && demands.get(one.after.gen);
    if (before?.by === one) absent(one.after!.gen, before);
    add(reportOf(one, demands.get(one.gen), fromFirst));
  }
  for (const [gen, demand] of demands) if (demand.by === undefined) absent(gen, demand);
  const sum = (count: (report: GenerationReport) => number) =>
    reports.reduce((total, report) => total + count(report), 0);
  const gaps = sum((report) => report.gaps.length + report.forgotten.gaps);
  const droppedBytes = sum(({ dropped }) => dropped.reduce((bytes, { from, to }) => bytes + to - from, 0));
  return {
    complete: gaps === 0 && losses.size === 0 && droppedBytes === 0 && seen.length > 0,
    droppedBytes,
    records: sum((report) => report.records),
    repeats: sum((report) => report.repeats),
    disorder: sum((report) => report.disorder),
    unidentified,
    gaps,
    missingBytes: sum((report) =>
      report.gaps.reduce((bytes, gap) => bytes + gap.to - gap.from, report.forgotten.bytes),
    ),
    losses: [...losses.values()],
    generations: reports,
  };
}

type Unexplained = Omit<GenerationReport, 'dropped' | 'complete'>;

function reportOf(seen: Seen, demand: Demand | undefined, fromFirst: boolean): Unexplained {
  const { gen, host, records, repeats, overlaps, disorder, coverage } = seen;
  const first = coverage.first();
  const end = coverage.end();
  const gaps: Gap[] = coverage.gaps().map((gap) => ({ ...gap, where: 'middle' }));
  if (first > 0 && !fromFirst) gaps.unshift({ from: 0, to: first, where: 'head' });
  if (demand && demand.upTo > end) gaps.push({ from: end, to: demand.upTo, where: 'tail' });
  const forgotten = coverage.forgotten();
  return {
    ...{ gen, host, records, repeats, overlaps, disorder, first, end, gaps, forgotten },
    follows: seen.after?.gen,
    followedBy: demand?.by?.gen,
    marked: demand !== undefined && !demand.by,
  };
}

function missing(gen: string, { upTo, by, host }: Demand): Unexplained {
  return {
    ...{ gen, host, records: 0, repeats: 0, overlaps: 0, disorder: 0, first: 0, end: 0 },
    gaps: [{ from: 0, to: upTo, where: 'whole' }],
    forgotten: { gaps: 0, bytes: 0 },
    follows: undefined,
    followedBy: by?.gen,
    marked: !by,
  };
}
