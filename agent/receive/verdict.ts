/** What the verification found, in words. */
import type { LossNotice } from '../wire/notice.ts';
import type { Gap, GenerationReport, VerifyReport } from './verify.ts';

/** So many gaps of a generation are named; the machine-readable report has them all. */
const NAMED_GAPS = 20;

/** One line a generation, the gaps below it, and a last line with the sum. Byte ranges are written from..to, `to` not included. */
export function verdict(report: VerifyReport): string[] {
  const lines = report.generations.flatMap(generationLines);
  const { records, repeats, disorder, unidentified, gaps, missingBytes, droppedBytes, losses } = report;
  lines.push(...losses.map(lossWords));
  if (unidentified > 0) {
    lines.push(
      `${many(unidentified, 'message')} had no identity element and cannot be verified; tailship writes it with format = rfc5424.`,
    );
  }
  const seen = `${many(records, 'record')}, ${many(repeats, 'repeat')}${disorder > 0 ? `, ${disorder} out of order` : ''}`;
  if (records === 0) lines.push('Not verified: no record with an identity element came.');
  else if (report.complete) lines.push(`Complete: ${seen}, nothing is missing.`);
  else {
    const lost = losses.reduce((sum, { bytes }) => sum + bytes, 0);
    const known = lost > 0 ? `, and ${many(lost, 'byte')} that the sender could not read` : '';
    const dropped = droppedBytes > 0 ? `, ${many(droppedBytes, 'byte')} dropped by policy` : '';
    lines.push(`Incomplete: ${seen}, ${many(gaps, 'gap')}, ${many(missingBytes, 'byte')} missing${dropped}${known}.`);
  }
  return lines;
}

function generationLines(one: GenerationReport): string[] {
  const notes = [many(one.records, 'record')];
  if (one.repeats > 0) notes.push(many(one.repeats, 'repeat'));
  if (one.overlaps > 0) notes.push(`${one.overlaps} of them in part`);
  if (one.disorder > 0) notes.push(`${one.disorder} out of order`);
  if (one.complete && one.first > 0) notes.push(`what came before byte ${one.first} was not asked for`);
  const [gap] = one.gaps;
  if (one.records === 0 && one.dropped.length === 0)
    return [`${one.host} ${one.gen} is missing: ${gapWords(gap!, one)}`];
  const lines = [headline(one, notes.join(', '))];
  if (one.forgotten.gaps > 0) {
    lines.push(`  ${one.forgotten.gaps} gaps, ${one.forgotten.bytes} bytes, at its lower end: too many to be named`);
  }
  for (const gap of one.gaps.slice(0, NAMED_GAPS)) lines.push(`  ${gapWords(gap, one)}`);
  if (one.gaps.length > NAMED_GAPS) lines.push(`  and ${one.gaps.length - NAMED_GAPS} more gaps`);
  for (const { from, to, why } of one.dropped.slice(0, NAMED_GAPS)) {
    lines.push(`  bytes ${from}..${to} dropped by policy: ${why}`);
  }
  if (one.dropped.length > NAMED_GAPS) lines.push(`  and ${one.dropped.length - NAMED_GAPS} more that were dropped`);
  return lines;
}

function headline(one: GenerationReport, notes: string): string {
  const { host, gen, first, end, gaps, dropped, forgotten } = one;
  if (one.records === 0) return `${host} ${gen}: nothing of it came`;
  const known = gaps.length + forgotten.gaps === 0 && dropped.length > 0;
  const state = one.complete ? 'complete' : known ? 'complete but for what was dropped' : 'INCOMPLETE';
  return `${host} ${gen} bytes ${first}..${end} ${state} (${notes})`;
}

function lossWords({ gen, from, bytes, why }: LossNotice): string {
  const where = gen === undefined ? '' : ` of ${gen}`;
  return `The sender says that bytes ${from}..${from + bytes}${where} are lost before they were sent: ${why}`;
}

function gapWords({ from, to, where }: Gap, one: GenerationReport): string {
  const bytes = `bytes ${from}..${to}`;
  if (where === 'whole')
    return `${bytes}, for ${one.marked ? 'a mark says' : `${one.followedBy} says that it follows it and`} that it was read up to there`;
  if (where === 'tail')
    return `${bytes} missing at its end, for ${one.marked ? 'a mark' : one.followedBy} says that it was read up to there`;
  if (where === 'head') return `${bytes} missing at its start: lost, or sent before this receiver listened`;
  return `${bytes} missing`;
}

function many(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}
