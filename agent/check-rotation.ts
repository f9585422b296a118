/** What `tailship check` says of the host's logrotate: what it will do to the files that are followed, and whether that goes well. */
import fs from 'node:fs';
import path from 'node:path';
import { myself, ownName, readableBy, type Who } from './check-rights.ts';
import { fine, type Said, warning } from './findings.ts';
import { oldFolder, type Rotation, rotatedName } from './logrotate.ts';
import { placeIn } from './tail/names.ts';
import type { InputConfig } from './types.ts';
import { formatDuration, formatSize, parseSize } from './wire/units.ts';

const DAY = 86_400_000;
/** How often a file is rotated, in ms, by directive. */
const PERIODS = { hourly: DAY / 24, daily: DAY, weekly: 7 * DAY, monthly: 30 * DAY, yearly: 365 * DAY } as const;
/** Seldom enough that nobody waits for it. */
const FOREVER = Number.POSITIVE_INFINITY;

/** How long a rotated file stays, in ms. `rate`: bytes a second that the file grows by, undefined where that is not known. */
export function keptFor({ says }: Rotation, rate: number | undefined): number | undefined {
  const rotate = Number(says.get('rotate') ?? 0);
  const age = says.has('maxage') ? Number(says.get('maxage')) * DAY : FOREVER;
  if (rotate < 0) return age;
  const period = Object.entries(PERIODS).find(([name]) => says.has(name))?.[1];
  const largest = sizeOf(says.get('maxsize') ?? says.get('size'));
  // By size alone it is as quick as the file grows; logrotate itself mostly runs once a day.
  const filled = largest === undefined || rate === undefined || rate === 0 ? undefined : (1000 * largest) / rate;
  const each = Math.min(period ?? FOREVER, filled ?? FOREVER);
  if (each === FOREVER) return rotate === 0 ? 0 : undefined;
  return Math.min(rotate * each, age);
}

/** logrotate's sizes: bytes, or with k, M or G. */
function sizeOf(text: string | undefined): number | undefined {
  const [, number, unit = ''] = /^(\d+)([kMG]?)$/.exec(text ?? '') ?? [];
  return number === undefined ? undefined : parseSize(number + { k: 'KiB', M: 'MiB', G: 'GiB', '': '' }[unit]);
}

/** Findings about one file and the block that rotates it. */
/** `who`: as whom the agent reads. */
export function checkRotation(input: InputConfig, file: string, rotation: Rotation, who = myself()): Said[] {
  const { says } = rotation;
  const packs = says.has('compress');
  return [
    fine(`${file}: ${summary(rotation)} (${rotation.where}).`),
    ...(says.has('copytruncate')
      ? [
          warning(
            'rotation-copytruncate',
            `${file}: logrotate copies and then empties it (copytruncate). What is written in between is lost.`,
            'Write create instead of copytruncate, and let postrotate tell the application to open its log anew.',
          ),
        ]
      : []),
    ...(packs && !says.has('delaycompress') ? [packsEarly(file)] : []),
    ...(packs ? packer(file, rotation) : []),
    ...checkName(input, file, rotation),
    ...checkCreate(file, rotation, who),
  ];
}

function summary({ says }: Rotation): string {
  const size = says.get('maxsize') ?? says.get('size');
  const period = Object.keys(PERIODS).find((name) => says.has(name));
  const when = [period, size === undefined ? undefined : `at ${size}`].filter(Boolean).join(' or ');
  const rotate = Number(says.get('rotate') ?? 0);
  const kept = rotate < 0 ? 'keeps all' : rotate === 0 ? 'keeps none' : `keeps ${rotate}`;
  const age = says.has('maxage') ? `, none older than ${says.get('maxage')}d` : '';
  return `logrotate rotates it ${when || 'when it runs'}, ${kept}${age}${says.has('compress') ? ', compressed' : ''}`;
}

function packsEarly(file: string): Said {
  const what = `${file}: logrotate compresses it as soon as it is rotated (compress without delaycompress). Lines that are still written to it then are lost.`;
  return warning('rotation-packs-early', what, 'Add delaycompress to the block.');
}

function packer(file: string, { says }: Rotation): Said[] {
  const command = path.basename(says.get('compresscmd') ?? 'gzip');
  const ending = says.get('compressext') ?? '.gz';
  if (/^(pi)?gzip$|^pigz$/.test(command) && ending === '.gz') return [];
  const what = `${file}: logrotate packs it with ${command} into ${ending}, and tailship unpacks gzip (.gz) only.`;
  return [warning('rotation-packer', what, 'Take compresscmd and compressext out of the block.')];
}

function checkName(input: InputConfig, file: string, rotation: Rotation): Said[] {
  const name = rotatedName(rotation, file, new Date());
  const old = oldFolder(rotation.says, file);
  if (input.rotated !== undefined) {
    if (old === undefined || path.matchesGlob(name, input.rotated)) return [];
    const what = `${file}: logrotate moves it to ${name} (olddir), which rotated = ${input.rotated} does not match.`;
    return [warning('rotation-olddir', what, `Write rotated = ${path.join(old, path.basename(file))}*`)];
  }
  if (old !== undefined && old !== path.dirname(file)) {
    const what = `${file}: logrotate moves it to another folder (olddir ${old}), where it is not looked for.`;
    return [warning('rotation-olddir', what, `Add to its input: rotated = ${path.join(old, path.basename(file))}*`)];
  }
  if (placeIn(path.basename(file), path.basename(name)) !== undefined) return [];
  const what = `${file}: logrotate names it ${path.basename(name)}, in which no date and no number is seen.`;
  return [
    warning('rotation-name', what, 'Use dateformat -%Y%m%d, or set rotated of its input to a glob for such names.'),
  ];
}

/** `create MODE OWNER GROUP`: each of them may be left out, and is then as it was. */
function checkCreate(file: string, { says }: Rotation, who: Who): Said[] {
  const words = (says.get('create') ?? '').split(' ').filter(Boolean);
  if (words.length === 0) return [];
  const stat = fs.statSync(file);
  const mode = /^0?[0-7]{3,4}$/.test(words[0]!) ? Number.parseInt(words.shift()!, 8) : stat.mode;
  if (readableBy({ mode, owner: words[0] ?? stat.uid, group: words[1] ?? stat.gid }, who)) return [];
  const what = `${file}: after the next rotation ${ownName()} may not read it (create ${says.get('create')}).`;
  return [
    warning('rotation-create-closed', what, `Write create 0640 with a group that ${ownName()} has, such as adm.`),
  ];
}

/** How long an outage may last before lines are lost, and by what. */
export type Outage = { readonly file: string; readonly kept: number | undefined };

/** What is reckoned with: the longest outage in ms; how long the spool holds, undefined where that is not known. */
export type Reckoning = { readonly outage: number; readonly spool: number | undefined; readonly waits: boolean };

/** Files that logrotate deletes before the outage is over. `waits`: with full = block files wait when the spool is full. */
export function checkKept({ file, kept }: Outage, { outage, spool, waits }: Reckoning): Said[] {
  if (kept === undefined || !waits || spool === undefined || spool + kept >= outage) return [];
  const what = `${file}: logrotate keeps what it rotates for about ${formatDuration(kept)}, and the spool is full after ${formatDuration(Math.ceil(spool / 60_000) * 60_000)}. An outage of ${formatDuration(outage)} loses lines.`;
  return [warning('rotation-deletes-early', what, 'Raise rotate there, or [spool] max_size.')];
}

/** Bytes a second that a file grew by of late, from it and the plain generations beside it; undefined where too little is known. */
export function growthOf(file: string, now: number): number | undefined {
  const live = fs.statSync(file);
  const folder = path.dirname(file);
  const older = fs
    .readdirSync(folder)
    .filter((name) => placeIn(path.basename(file), name)?.packed === undefined && placeIn(path.basename(file), name))
    .flatMap((name) => fs.statSync(path.join(folder, name), { throwIfNoEntry: false }) ?? [])
    .sort((a, b) => a.mtimeMs - b.mtimeMs);
  const [oldest, ...rest] = older;
  const since = oldest?.mtimeMs ?? (live.birthtimeMs || now);
  const bytes = rest.reduce((sum, { size }) => sum + size, live.size);
  return now - since < LEAST_SPAN ? undefined : (1000 * bytes) / (now - since);
}

/** What is shorter says nothing of a file's usual growth, ms. */
const LEAST_SPAN = 600_000;

/** `1.2MiB an hour` */
export const rateText = (rate: number): string => `${formatSize(Math.round(rate * 3600))} an hour`;
