/** What `tailship check` says of the inputs: every path, what it finds there, and whether it can be read. */
import fs from 'node:fs';
import path from 'node:path';
import { closedFolder, cureForReading, may, ownName, rightsText } from './check-rights.ts';
import { sectionText } from './config-names.ts';
import { bad, fine, type Placed, placeOf, type Said, warning } from './findings.ts';
import type { Loaded } from './sections.ts';
import { createDiscovery, NOT_UTF8, type PassedOver } from './tail/discovery.ts';
import { realFiles } from './tail/files.ts';
import { placeIn } from './tail/names.ts';
import { passedText } from './tail/troubles.ts';
import type { InputConfig } from './types.ts';
import { formatSize } from './wire/units.ts';

/** Of a glob's files so many are named one by one. */
const NAMED = 20;
/** So many rotated generations of a file are named. */
const NAMED_ROTATED = 3;
/** Compressors whose files tailship cannot read. */
const UNREADABLE = ['zst', 'bz2', 'xz'];

export function checkInputs(loaded: Loaded): Placed[] {
  return loaded.config.inputs.flatMap((input) => {
    const where = placeOf(loaded, sectionText('input', input.named ? input.name : undefined), 'path');
    return input.paths.flatMap((one) => checkPath(input, one).map((found) => ({ ...found, where })));
  });
}

function checkPath(input: InputConfig, pattern: string): Said[] {
  const discovery = createDiscovery(realFiles, { ...input, paths: [pattern] }, () => false);
  const live = [...discovery.paths()].sort();
  const closed = [...discovery.troubles()].map(([place, code]) =>
    code === NOT_UTF8
      ? bad('name-unwritable', `${place}: its name is not UTF-8, so it is not read.`, 'Rename it to ASCII or UTF-8.')
      : bad(
          'folder-closed',
          `${pattern}: ${ownName()} may not list the folder ${place} (${code}).`,
          `Let it: setfacl -m u:${ownName()}:rx ${place}`,
        ),
  );
  const passed = (['folder', 'archive'] as const).flatMap((kind) => passedOver(pattern, kind, discovery.passed()));
  if (live.length === 0 && closed.length === 0) return [...passed, nothingMatches(pattern)];
  const rest = live.slice(NAMED);
  const said = [...closed, ...passed, ...live.slice(0, NAMED).flatMap((file) => checkFile(input, file))];
  if (rest.length === 0) return said;
  const unread = rest.filter((file) => !may(file, fs.constants.R_OK));
  return [
    ...said,
    fine(`${pattern}: ${rest.length} more files match, which are not named here.`),
    ...unread.flatMap((file) => checkFile(input, file)),
  ];
}

function passedOver(pattern: string, kind: PassedOver, passed: ReadonlyMap<string, PassedOver>): Said[] {
  const all = [...passed].flatMap(([place, one]) => (one === kind ? [place] : [])).sort();
  if (all.length === 0) return [];
  const { what, cure } = passedText(kind, all);
  return [warning('passed-over', `${pattern}: ${what}.`, `${cure[0]!.toUpperCase()}${cure.slice(1)}.`)];
}

/** What the system refuses in any other way is a finding too, and no reason to say nothing of the rest. */
function checkFile(input: InputConfig, file: string): Said[] {
  try {
    return lookAt(input, file);
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? error.code : error;
    return [bad('file-closed', `${file}: it cannot be looked at (${reason}).`, SLIP)];
  }
}

function lookAt(input: InputConfig, file: string): Said[] {
  const closed = closedFolder(file);
  if (closed) {
    const what = `${file}: ${ownName()} may not enter the folder ${closed} (${rightsText(fs.statSync(closed))}).`;
    return [bad('folder-closed', what, `Let it: setfacl -m u:${ownName()}:rx ${closed}`)];
  }
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  if (!stat) return [notThere(file)];
  if (stat.isDirectory()) {
    const cure = `To follow the files in it write path = ${path.join(file, '*.log')}`;
    return [bad('file-not-plain', `${file} is a folder, and only files are followed.`, cure)];
  }
  if (!stat.isFile()) {
    const cure = 'Only ordinary files can be followed: in others no position can be kept.';
    return [bad('file-not-plain', `${file} is no ordinary file but a pipe, a socket or a device.`, cure)];
  }
  if (!may(file, fs.constants.R_OK)) return [cannotRead(file)];
  const about = `${file}: ${formatSize(stat.size)}, ${rightsText(stat)}${endText(input, stat.size)}`;
  return [fine(about), ...checkRotated(file)];
}

function endText(input: InputConfig, size: number): string {
  if (size === 0) return ', empty so far.';
  return input.start === 'end' ? '. With start = end a first run ships only what is added from then on.' : '.';
}

function checkRotated(file: string): Said[] {
  const real = fs.realpathSync(file);
  const folder = path.dirname(real);
  if (!may(folder, fs.constants.R_OK)) {
    const what = `${file}: ${ownName()} may not list the folder ${folder}, so what was rotated while the agent was stopped is not found.`;
    return [warning('folder-closed', what, `Let it: setfacl -m u:${ownName()}:rx ${folder}`)];
  }
  const live = path.basename(real);
  const rotated = fs.readdirSync(folder).filter((name) => placeIn(live, name) !== undefined);
  if (rotated.length === 0) return [];
  const rest = rotated.length > NAMED_ROTATED ? ` and ${rotated.length - NAMED_ROTATED} more` : '';
  const names = rotated.sort().slice(0, NAMED_ROTATED).join(', ');
  const said = [fine(`${file}: ${rotated.length} rotated beside it: ${names}${rest}.`)];
  const packed = rotated.filter((name) => UNREADABLE.includes(placeIn(live, name)?.packed ?? ''));
  if (packed.length > 0) {
    const what = `${file}: of its rotated files ${packed.length} cannot be read, for only gzip is unpacked: ${packed[0]}.`;
    said.push(
      warning(
        'never-read',
        what,
        'Let logrotate compress with gzip; with delaycompress as well a file is read before it is packed.',
      ),
    );
  }
  return said;
}

function notThere(file: string): Said {
  const folder = path.dirname(file);
  const what = fs.existsSync(folder) ? `${file}: not there yet.` : `${file}: not there, nor is its folder.`;
  return warning('file-absent', what, `It is followed as soon as it appears. ${SLIP}`);
}

function nothingMatches(pattern: string): Said {
  return warning(
    'file-absent',
    `${pattern}: no file matches yet.`,
    `Files are followed as soon as they appear. ${SLIP}`,
  );
}

const SLIP = 'If it should be there now, look for a slip in the path.';

function cannotRead(file: string): Said {
  const stat = fs.statSync(file);
  return bad('file-closed', `${file}: ${ownName()} may not read it (${rightsText(stat)}).`, cureForReading(file, stat));
}
