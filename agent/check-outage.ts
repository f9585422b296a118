/** How long an outage can take before lines are lost: the growth of the files, the room in the spool, what logrotate keeps. */
import fs from 'node:fs';
import path from 'node:path';
import { may } from './check-rights.ts';
import { checkKept, checkRotation, growthOf, keptFor, rateText } from './check-rotation.ts';
import { fine, type Placed, placeOf, type Said, warning } from './findings.ts';
import { readLogrotate, rotationOf } from './logrotate.ts';
import type { Loaded } from './sections.ts';
import { freeBytes } from './store/place.ts';
import { createDiscovery } from './tail/discovery.ts';
import { realFiles } from './tail/files.ts';
import type { Config, InputConfig } from './types.ts';
import { formatDuration, formatSize } from './wire/units.ts';

/** A record is reckoned to be twice as long as its line, header and JSON included. */
const RECORD = 2;
/** What [spool] max_size = auto gives at most, and which part of the free disk. */
const AUTO = { most: 2 ** 30, part: 10 } as const;
/** Of so many files each is told; a glob may match thousands. */
const NAMED = 50;
/** What lasts longer needs no number, ms. */
const YEAR = 365 * 86_400_000;

export type OutageParts = { readonly logrotate: string; readonly outage: number; readonly now: number };

type Followed = { readonly input: InputConfig; readonly file: string; readonly rate: number | undefined };

/** Findings about rotation, and those about the time that the spool holds. */
export function checkOutage(loaded: Loaded, parts: OutageParts): { rotation: Placed[]; spool: Placed[] } {
  const { config } = loaded;
  const followed = config.inputs.flatMap((input) => filesOf(input, parts.now)).slice(0, NAMED);
  const rotations = readLogrotate(parts.logrotate);
  const rates = followed.flatMap(({ rate }) => rate ?? []);
  const rate = rates.length === 0 ? undefined : rates.reduce((sum, one) => sum + one, 0);
  const held =
    rate === undefined || rate === 0
      ? undefined
      : (1000 * roomOf(config)) / (rate * RECORD * config.destinations.length);
  const reckoning = { outage: parts.outage, spool: held, waits: config.spool.full === 'block' };
  const rotation = followed.flatMap(({ input, file, rate: own }) => {
    const real = fs.realpathSync(file);
    const found = rotationOf(rotations, file) ?? rotationOf(rotations, real);
    const said = found
      ? [...checkRotation(input, real, found), ...checkKept({ file, kept: keptFor(found, own) }, reckoning)]
      : [fine(`${file}: no block of ${parts.logrotate} names it.`)];
    return said.map((one) => ({ ...one, where: found?.where }));
  });
  const unread = rotations.unread.map((one) => ({
    ...fine(`${one} cannot be read; what stands there is not known.`),
    where: undefined,
  }));
  const open = rotations.open.map((where) => ({
    ...warning(
      'rotation-unclosed',
      `${where}: the block that begins there is not closed; logrotate passes the whole file over, so nothing in it is rotated.`,
      'Close it with a brace on a line of its own.',
    ),
    where,
  }));
  return {
    rotation: [...unread, ...open, ...(fs.existsSync(parts.logrotate) ? rotation : [])],
    spool: holding(config, rate, held, parts.outage).map((one) => ({
      ...one,
      where: placeOf(loaded, '[spool]', 'max_size'),
    })),
  };
}

/** Plain files that can be read; of the others checkInputs speaks. */
function filesOf(input: InputConfig, now: number): Followed[] {
  const paths = [...createDiscovery(realFiles, input, () => false).paths()];
  const usable = paths.filter(
    (file) => may(file, fs.constants.R_OK) && may(path.dirname(fs.realpathSync(file)), fs.constants.R_OK),
  );
  return usable
    .filter((file) => fs.statSync(file).isFile())
    .sort()
    .map((file) => ({ input, file, rate: growthOf(fs.realpathSync(file), now) }));
}

function holding(config: Config, rate: number | undefined, held: number | undefined, outage: number): Said[] {
  if (rate === undefined || held === undefined) return [];
  const room = `the spool has room for ${formatSize(roomOf(config))}`;
  const time = held > YEAR ? 'more than a year' : `about ${formatDuration(Math.round(held / 60_000) * 60_000)}`;
  const what = `The files grow by ${rateText(rate)}, and ${room}: an outage of ${time}.`;
  if (held >= outage || config.spool.full === 'block') {
    return [fine(held >= outage ? what : `${what} Then the files wait, for as long as rotation keeps them.`)];
  }
  const loss = `${what} Then full = ${config.spool.full} drops lines, before ${formatDuration(outage)} are over.`;
  return [warning('outage-short', loss, 'Raise [spool] max_size, or use full = block, which lets the files wait.')];
}

/** Bytes that the spool may still take. */
function roomOf({ spool }: Config): number {
  const folder = [path.dirname(spool.path), path.dirname(path.dirname(spool.path))].find((one) => fs.existsSync(one));
  const free = folder === undefined ? 0 : freeBytes(folder);
  const own = fs.statSync(spool.path, { throwIfNoEntry: false })?.size ?? 0;
  const limit = spool.maxSize ?? Math.min(AUTO.most, Math.floor((free + own) / AUTO.part));
  return Math.max(0, Math.min(limit - own, free));
}
