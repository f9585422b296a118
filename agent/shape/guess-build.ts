/** From the pieces that lines have in common to a pattern with names. */
import { commonSteps, type Step } from './guess-walk.ts';

/** Names of values behind their key that have a meaning of their own under another name. */
const KEYS: Readonly<Record<string, string>> = {
  ...{
    ts: 'time',
    timestamp: 'time',
    lvl: 'level',
    severity: 'level',
    hostname: 'host',
    app: 'owner',
    service: 'owner',
  },
  ...{ message: 'msg', logger: 'owner', name: 'owner' },
};

/** So many different values for a line are too many for the name of a program, and for a process id. */
const MANY_NAMES = 0.2;
const MANY_IDS = 0.5;

/** So few lines may have in common what others of the file have not. */
const FEW = 5;

/** Patterns for these lines, the one that says most first. Each matches most of what it was made from. */
export function buildPatterns(lines: readonly string[]): string[] {
  const steps = commonSteps(lines);
  const named = nameSteps(steps);
  const border = lines.length < FEW ? isSureBorder : isBorder;
  const ends = steps.map((_, i) => i + 1).filter((end) => border(steps, end));
  return ends.reverse().map((end) => `^${named.slice(0, end).join('').replace(/ \+?$/, '')} *(?<msg>.*)$`);
}

/** Whether a pattern may stop there: behind a value that means something, or where a delimiter closes one. */
function isBorder(steps: readonly Step[], end: number): boolean {
  const last = steps[end - 1]!;
  const next = steps[end];
  if (last.kind === 'literal') {
    // A blank belongs to what stands before it.
    if (/^\s+$/.test(last.values[0]!)) return end > 1 && isBorder(steps, end - 1) && !opens(steps, end - 1);
    const joined = next?.kind === 'literal' && !/^\s/.test(next.values[0]!);
    return /[\]|):;>},\t]/.test(last.values[0]!) && !joined;
  }
  if (isKeyed(steps, end - 1)) return true;
  const closes = next?.kind === 'literal' && /[^\s]/.test(next.values[0]!);
  return !closes && ['time', 'clock', 'level', 'ip', 'uuid'].includes(last.kind);
}

/** Behind a time or a level only, which no message is likely to begin with. */
function isSureBorder(steps: readonly Step[], end: number): boolean {
  const last = steps.slice(0, end).findLast(({ kind }) => kind !== 'literal')?.kind;
  return isBorder(steps, end) && (last === 'time' || last === 'clock' || last === 'level');
}

/** A bracket is open there. */
function opens(steps: readonly Step[], end: number): boolean {
  const text = steps
    .slice(0, end)
    .map(({ kind, values }) => (kind === 'literal' ? values[0] : ''))
    .join('');
  return text.split('[').length > text.split(']').length;
}

function isKeyed(steps: readonly Step[], at: number): boolean {
  return at >= 2 && steps[at - 1]!.values[0] === '=' && /^\w/.test(steps[at - 2]!.values[0] ?? '');
}

/** The expressions of the steps, values as named groups. A name is given once. */
function nameSteps(steps: readonly Step[]): string[] {
  const used = new Set<string>(['msg']);
  let fields = 0;
  return steps.map((step, i) => {
    if (step.kind === 'literal') return step.source;
    const wanted = wantedNames(steps, i).find((name) => !used.has(name));
    const name = wanted ?? `field${++fields}`;
    used.add(name);
    return step.source.startsWith('%{') ? step.source.replace('}', `:${name}}`) : `(?<${name}>${step.source})`;
  });
}

/** What a value may be called, the best first. */
function wantedNames(steps: readonly Step[], i: number): readonly string[] {
  const step = steps[i]!;
  const before = steps[i - 1]?.values[0] ?? '';
  const behind = steps[i + 1]?.kind === 'literal' ? steps[i + 1]!.values[0]! : '';
  if (isKeyed(steps, i)) {
    const key = steps[i - 2]!.values[0]!.toLowerCase().replace(/\W/g, '_');
    return [KEYS[key] ?? key, key];
  }
  switch (step.kind) {
    case 'time':
    case 'clock':
    case 'level':
      return [step.kind];
    case 'uuid':
      return ['id'];
    case 'ip':
      return ['client'];
    case 'integer':
      if (before === ':' && isFile(steps[i - 2])) return ['line'];
      return before === '[' || step.variety <= MANY_IDS ? ['pid', 'tid'] : [];
    case 'name':
      return nameOf(steps, i, behind);
    case 'source':
      return ['source'];
    case 'enclosed':
      return before === '[' ? ['context'] : [];
    default:
      return [];
  }
}

/** A host stands behind the time and is nearly always the same; a program has a `:` or its process id behind it. */
function nameOf(steps: readonly Step[], i: number, behind: string): readonly string[] {
  const { values, variety } = steps[i]!;
  if (isFile(steps[i])) return ['file'];
  const dotted = values.filter((value) => /\w\.\w/.test(value)).length * 2 > values.length;
  const afterTime = steps.slice(0, i).findLast(({ kind }) => kind !== 'literal')?.kind === 'time';
  if (afterTime && behind === ' ' && values.length <= 3 && steps.slice(i + 1).some(({ kind }) => kind === 'name'))
    return ['host'];
  if (!/^[ :[(|\],;\t]/.test(behind) || (variety > MANY_NAMES && values.length > 3)) return [];
  return dotted && values.length > 3 ? ['logger', 'owner'] : ['owner', 'logger'];
}

function isFile(step: Step | undefined): boolean {
  return step?.kind === 'name' && step.values.every((value) => /\w\.(?:[a-z]{1,4}|java)$/.test(value));
}
