/**
 * What logrotate's configuration says of a file (logrotate.conf(5)): includes, globals, blocks. Read as logrotate reads it: an
 * included file stands where it is included, and a block takes the globals that hold where it begins. Nothing is changed.
 */
import fs from 'node:fs';
import path from 'node:path';

/** How one block rotates the files that it names. */
export type Rotation = {
  /** `FILE:LINE` of the block. */
  readonly where: string;
  /** The patterns in front of the brace. */
  readonly globs: readonly string[];
  /** The last word on each directive, in lower case, with its value; `no…` takes its opposite away. */
  readonly says: ReadonlyMap<string, string>;
};

export type Rotations = {
  readonly rotations: readonly Rotation[];
  /** Files and folders that are named there and cannot be read, each with its reason. */
  readonly unread: readonly string[];
  /** `FILE:LINE` of blocks that are not closed. */
  readonly open: readonly string[];
};

/** Scripts, which end at `endscript`. */
const SCRIPTS = new Set(['prerotate', 'postrotate', 'firstaction', 'lastaction', 'preremove']);
/** Of these the last one holds. */
const PERIODS = ['hourly', 'daily', 'weekly', 'monthly', 'yearly', 'size'];
/** Ends of names that an included folder passes over. */
const TABOO =
  /(\.(bak|cfsaved|disabled|dpkg-(bak|del|dist|new|old|tmp)|rhn-cfg-tmp-.*|rpm(new|orig|save)|swp|ucf-(dist|new|old))|,v|~)$/;
/** Deeper than this an include leads back to itself. */
const DEPTH = 10;

/** logrotate takes no larger file, bytes. */
const LARGEST = 16 * 2 ** 20;

/**
 * Reads `conf` (mostly /etc/logrotate.conf) and all that it includes. An absent file gives no rotations. Of a folder its files
 * are read.
 */
export function readLogrotate(conf: string): Rotations {
  const rotations: Rotation[] = [];
  const unread: string[] = [];
  const open: string[] = [];
  const globals = new Map<string, string>();
  const include = (target: string, depth: number): void => {
    const text = attempt(target, unread, () => {
      const stat = fs.statSync(target);
      // A pipe would be waited for, without end.
      if (!stat.isFile() && !stat.isDirectory()) throw new Error('not a file');
      if (stat.isFile()) return readPlain(target, stat.size);
      // Folders in a folder are passed over, as logrotate does.
      const names = fs
        .readdirSync(target, { withFileTypes: true })
        .filter((one) => !one.isDirectory() && !one.name.startsWith('.') && !TABOO.test(one.name));
      for (const { name } of names.sort((a, b) => (a.name < b.name ? -1 : 1)))
        include(path.join(target, name), depth + 1);
      return '';
    });
    if (text === undefined) return;
    const left = readText(text, target, globals, rotations, (one) => depth < DEPTH && include(one, depth + 1));
    if (left !== undefined) open.push(left);
  };
  if (fs.existsSync(conf)) include(conf, 0);
  return { rotations, unread, open };
}

function readPlain(file: string, size: number): string {
  if (size > LARGEST) throw new Error('larger than logrotate takes');
  const text = fs.readFileSync(file, 'utf8');
  if (text.includes('\0')) throw new Error('not a text');
  return text;
}

function attempt<T>(target: string, unread: string[], work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    unread.push(`${target} (${(error as NodeJS.ErrnoException).code ?? (error as Error).message})`);
    return undefined;
  }
}

/** Gives the place of a block that is not closed at the end. */
function readText(
  text: string,
  file: string,
  globals: Map<string, string>,
  rotations: Rotation[],
  include: (target: string) => unknown,
): string | undefined {
  let globs: string[] = [];
  let block: { where: string; globs: string[]; says: Map<string, string> } | undefined;
  let script = false;
  for (const [index, raw] of text.split('\n').entries()) {
    let line = raw.trim();
    if (script) {
      script = line !== 'endscript';
      continue;
    }
    while (line !== '' && !line.startsWith('#')) {
      if (block) {
        if (line.startsWith('}')) {
          rotations.push(block);
          block = undefined;
          line = line.slice(1).trim();
          continue;
        }
        // A brace may also end the line of the last directive.
        const [, last] = /^(.*\S)\s+}$/.exec(line) ?? [];
        script = direct(block.says, last ?? line, () => {});
        if (last !== undefined) {
          rotations.push(block);
          block = undefined;
        }
      } else if (/^["'/{]/.test(line)) {
        const brace = line.indexOf('{');
        globs.push(...words(brace < 0 ? line : line.slice(0, brace)));
        if (brace >= 0) {
          block = { where: `${file}:${index + 1}`, globs, says: new Map(globals) };
          globs = [];
          line = line.slice(brace + 1).trim();
          continue;
        }
      } else script = direct(globals, line, include);
      break;
    }
  }
  return block?.where;
}

/** Takes note of one directive. True where the lines that follow are a script. */
function direct(says: Map<string, string>, line: string, include: (target: string) => unknown): boolean {
  const [, key = '', value = ''] = /^([A-Za-z]+)\s*=?\s*(.*)$/.exec(line) ?? [];
  const name = key.toLowerCase();
  if (name === 'include') {
    include(words(value)[0] ?? '');
    return false;
  }
  if (PERIODS.includes(name)) for (const period of PERIODS) says.delete(period);
  if (name.startsWith('no') && name !== 'notifempty') says.delete(name.slice(2));
  else if (name !== '' && !SCRIPTS.has(name)) says.set(name, words(value).join(' '));
  return SCRIPTS.has(name);
}

/** Words between blanks, quoted ones whole. */
function words(text: string): string[] {
  return [...text.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? '',
  );
}

/** The block that rotates `file`: the first that names it, as logrotate takes it. */
export function rotationOf({ rotations }: Rotations, file: string): Rotation | undefined {
  return rotations.find(({ globs }) => globs.some((glob) => file === glob || path.matchesGlob(file, glob)));
}

/** The name that `rotation` gives to `file` at `at`, without the compressor's suffix; with `olddir` in that folder. */
export function rotatedName({ says }: Rotation, file: string, at: Date): string {
  const extension = says.get('extension') ?? '';
  const base = path.basename(file);
  const stem = extension !== '' && base.endsWith(extension) ? base.slice(0, -extension.length) : base;
  const stamp = says.has('dateext') ? dateText(says.get('dateformat') ?? dateFormat(says), at) : '.1';
  const added = says.get('addextension') ?? '';
  const name = `${stem}${stamp}${stem === base ? '' : extension}${added}`;
  return path.join(oldFolder(says, file) ?? path.dirname(file), name);
}

/** Where rotated files go; undefined where they stay beside the live one. */
export function oldFolder(says: Rotation['says'], file: string): string | undefined {
  const folder = says.get('olddir');
  return folder ? path.resolve(path.dirname(file), folder) : undefined;
}

const dateFormat = (says: Rotation['says']) => (says.has('hourly') ? '-%Y%m%d%H' : '-%Y%m%d');

/** strftime, as far as logrotate knows it. */
function dateText(format: string, at: Date): string {
  const two = (n: number) => String(n).padStart(2, '0');
  const parts: Readonly<Record<string, string>> = {
    ...{ Y: String(at.getFullYear()), m: two(at.getMonth() + 1), d: two(at.getDate()) },
    ...{ H: two(at.getHours()), M: two(at.getMinutes()), S: two(at.getSeconds()) },
    ...{ s: String(Math.floor(at.getTime() / 1000)), V: two(weekOf(at)), '%': '%' },
  };
  return format.replaceAll(/%(.)/g, (whole, letter: string) => parts[letter] ?? whole);
}

/** ISO 8601's number of the week. */
function weekOf(at: Date): number {
  const day = new Date(Date.UTC(at.getFullYear(), at.getMonth(), at.getDate()));
  day.setUTCDate(day.getUTCDate() + 4 - (day.getUTCDay() || 7));
  return Math.ceil(((day.getTime() - Date.UTC(day.getUTCFullYear(), 0, 1)) / 86_400_000 + 1) / 7);
}
