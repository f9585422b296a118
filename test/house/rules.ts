/**
 * The rules of the house, as one function over a tree of files.
 *
 * A room is a folder under agent/. It imports its own files, `types.ts` and `wire/`; the files beside `agent.ts` compose the
 * rooms, `cli/` calls those files, and `main.ts` calls `cli/`. So the import graph is a star and has no cycle.
 */
import path from 'node:path';
import { type Reading, readSources } from './read.ts';

/** Path, relative to the project's folder, to text. */
export type Tree = Readonly<Record<string, string>>;

const LONGEST = 260;

/** Every broken rule as `path:line: sentence`; empty where all hold. */
export function brokenRules(tree: Tree): string[] {
  const readings = readSources(tree);
  const agent = [...readings].filter(([file]) => file.startsWith('agent/'));
  const tests = [...readings].filter(([file]) => file.startsWith('test/'));
  return [
    ...agent.flatMap(([file, reading]) => walls(file, reading, tree)),
    ...cycles(new Map(agent)),
    ...agent.flatMap(([file, reading]) => ownership(file, reading)),
    ...agent.flatMap(([file, reading]) => reading.anys.map((line) => `${file}:${line}: the type any`)),
    ...agent.flatMap(([file]) => length(file, tree[file] ?? '')),
    ...tests.flatMap(([file, reading]) => switchedOff(file, reading)),
    ...Object.entries(tree).flatMap(([file, text]) => words(file, text)),
  ];
}

type Place = { readonly kind: 'main' | 'types' | 'composition' | 'room' | 'outside'; readonly room: string };

function place(file: string): Place {
  const [top, second, third] = file.split('/');
  if (top !== 'agent' || second === undefined) return { kind: 'outside', room: '' };
  if (third !== undefined) return { kind: 'room', room: second };
  if (second === 'main.ts') return { kind: 'main', room: '' };
  return { kind: /^types(-config)?\.ts$/.test(second) ? 'types' : 'composition', room: '' };
}

function target(file: string, from: string): string {
  return path.posix.join(path.posix.dirname(file), from);
}

function walls(file: string, reading: Reading, tree: Tree): string[] {
  return reading.imports.flatMap(({ from, line }) => {
    const reason = wall(file, from, tree);
    return reason === undefined ? [] : [`${file}:${line}: ${reason}`];
  });
}

/** Why `file` may not import `from`; undefined where it may. */
function wall(file: string, from: string, tree: Tree): string | undefined {
  const here = place(file);
  if (from === '?') return 'imports a module whose name is not a plain string';
  if (!from.startsWith('.')) {
    if (from.startsWith('/')) return `imports the absolute path ${from}`;
    return here.room === 'wire' && !from.startsWith('node:') ? `wire/ imports the package ${from}` : undefined;
  }
  const to = target(file, from);
  const there = place(to);
  if (there.kind === 'outside') return `imports ${to}, which is outside agent/`;
  if (tree[to] === undefined) return `imports ${to}, which does not exist`;
  if (there.kind === 'main') return 'imports main.ts, which nothing may';
  if (here.kind === 'main') return there.room === 'cli' ? undefined : `main.ts imports ${to}; it may import cli/ only`;
  if (there.room === 'cli' && here.room !== 'cli') return `imports ${to}; only main.ts may import cli/`;
  if (file === 'agent/types.ts' && (to === 'agent/types-config.ts' || there.room === 'wire')) return undefined;
  if (here.kind === 'types')
    return `${file} imports ${to}; types.ts may import types-config.ts and wire/, and types-config.ts no file of the project`;
  if (there.kind === 'types' && to !== 'agent/types.ts') return `imports ${to}; types.ts hands its types on`;
  if (here.kind === 'composition' || there.room === here.room) return undefined;
  if (here.room === 'wire') return `wire/ imports ${to}; it may import its own files only`;
  if (there.kind === 'types' || there.room === 'wire') return undefined;
  if (there.kind === 'composition' && here.room === 'cli') return undefined;
  return `${here.room}/ imports ${to}; a room imports its own files, types.ts and wire/`;
}

function cycles(readings: ReadonlyMap<string, Reading>): string[] {
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (file: string, trail: readonly string[]): void => {
    if (trail.includes(file))
      found.push(`${file}:1: imports itself: ${[...trail.slice(trail.indexOf(file)), file].join(' > ')}`);
    if (done.has(file) || trail.includes(file)) return;
    for (const { from } of readings.get(file)?.imports ?? []) {
      if (from.startsWith('.')) visit(target(file, from), [...trail, file]);
    }
    done.add(file);
  };
  for (const file of readings.keys()) visit(file, []);
  return found;
}

/** Only main.ts ends the process or listens to signals. */
function ownership(file: string, reading: Reading): string[] {
  if (file === 'agent/main.ts') return [];
  return reading.calls.flatMap(({ name, first, line }) => {
    if (/^(globalThis\.)?process\.(exit|reallyExit|abort)$/.test(name))
      return [`${file}:${line}: ends the process; only main.ts may`];
    const listens = /^(globalThis\.)?process\.(on|once|addListener|prependListener)$/.test(name);
    return listens && first?.startsWith('SIG') ? [`${file}:${line}: listens to a signal; only main.ts may`] : [];
  });
}

function length(file: string, text: string): string[] {
  const lines = text.split('\n').length - 1;
  return lines > LONGEST ? [`${file}:${lines}: longer than ${LONGEST} lines; what would a newcomer split off?`] : [];
}

/** Every code that a source file names as a word of its own. */
export function codesNamed(tree: Tree, codes: readonly string[]): Set<string> {
  const sources = Object.entries(tree).filter(([file]) => /^agent\/(?!wire\/codes).*\.ts$/.test(file));
  return new Set(codes.filter((code) => sources.some(([, text]) => text.includes(`'${code}'`))));
}

/** A test that is skipped says why (`skip: 'reason'`), and none runs alone. */
function switchedOff(file: string, reading: Reading): string[] {
  const calls = reading.calls.filter(({ name }) => /^(test|it|describe|suite|t)\.(only|skip|todo)$/.test(name));
  return [...calls.map(({ line }) => line), ...reading.switches].map(
    (line) => `${file}:${line}: a test is switched off without a reason`,
  );
}

// The groups keep these expressions from matching their own text.
const UNFINISHED = /\b(TO(?:DO)|FIX(?:ME)|XX(?:X))\b|not (?:implemented)/;
const SUPPRESSED = /@ts(?:-)(ignore|expect-error|nocheck)|biome(?:-)ignore/;
const MACHINE = /(^|[^\w./~-])\/(work|root)(?:\/)/;
const TEMPORARY = /\/tmp(?:\/)/;

function words(file: string, text: string): string[] {
  // Fixtures are data, lock files are npm's, and pictures are no text.
  if (file.startsWith('test/fixtures/') || /(package-lock\.json|\.png)$/.test(file)) return [];
  const rules: readonly (readonly [RegExp, string])[] = [
    [UNFINISHED, 'an unfinished word'],
    [SUPPRESSED, 'a check switched off'],
    [MACHINE, 'a path of one machine'],
    ...(file.endsWith('.ts') ? [[TEMPORARY, 'a fixed temporary path; os.tmpdir() knows the right one'] as const] : []),
  ];
  return text
    .split('\n')
    .flatMap((line, i) =>
      rules
        .filter(([rule]) => rule.test(line))
        .map(([rule, name]) => `${file}:${i + 1}: ${name}: ${rule.exec(line)?.[0].trim()}`),
    );
}
