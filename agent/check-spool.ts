/** What `tailship check` says of the state: its folder, its file, who holds it, and the space on its disk. */
import fs from 'node:fs';
import path from 'node:path';
import { closedFolder, may, ownName, rightsText } from './check-rights.ts';
import { sectionText } from './config-names.ts';
import { bad, fine, type Placed, placeOf, type Said, warning } from './findings.ts';
import { CONTROL_PATH_LIMIT } from './ops/control.ts';
import { orphansOf } from './orphans.ts';
import type { Loaded } from './sections.ts';
import { type Inspection, inspectStore } from './store/inspect.ts';
import { fleeting, freeBytes, unfitPlace } from './store/place.ts';
import { StoreProblem } from './store/problem.ts';
import type { Config } from './types.ts';
import { formatSize } from './wire/units.ts';

/** Less free disk than this is a reason for a warning whatever `max_size` says, bytes. */
const SCARCE = 100 * 2 ** 20;

export function checkSpool(loaded: Loaded): Placed[] {
  const where = placeOf(loaded, '[spool]', 'path');
  const { path: file, maxSize } = loaded.config.spool;
  const folder = checkFolder(file);
  const said = folder
    ? [folder]
    : [...checkFile(file, loaded.config), ...checkPlace(file), ...checkSpace(file, maxSize), ...checkSocket(file)];
  return said.map((one) => ({ ...one, where }));
}

/** What stands in the way of writing there; undefined when nothing does. A missing folder is made when its parent is there. */
function checkFolder(file: string): Said | undefined {
  const folder = path.dirname(file);
  const closed = closedFolder(file);
  if (closed !== undefined) {
    const cure = `Let it in, or set [spool] path to another place: setfacl -m u:${ownName()}:x ${closed}`;
    return bad('spool-denied', `${ownName()} may not enter ${closed}, in which the spool ${file} is to be.`, cure);
  }
  const unfit = unfitPlace(file);
  if (unfit !== undefined) return { level: 'error', code: 'spool-place', what: unfit, cure: undefined };
  const cure = `Give it a folder of its own: install -d -m 0700 -o ${ownName()} ${folder}`;
  const there = [folder, path.dirname(folder)].find((one) => fs.existsSync(one));
  if (!there) return bad('spool-place', `The spool's folder ${folder} is not there, nor is the one above it.`, cure);
  if (may(there, fs.constants.W_OK | fs.constants.X_OK)) return undefined;
  const rights = rightsText(fs.statSync(there));
  return bad(
    'spool-denied',
    `${ownName()} may not write in ${there} (${rights}), where the spool ${file} belongs.`,
    cure,
  );
}

function checkFile(file: string, config: Config): Said[] {
  try {
    const found = inspectStore(file, true);
    if (!found) return [fine(`The spool ${file} is not there yet; the first run makes it.`)];
    if (found.damage !== undefined) return [damaged(file, found.damage)];
    return [
      fine(`The spool ${file} is sound, ${formatSize(found.size)}. ${holderText(found)}`),
      ...waiting(found, config),
      ...orphaned(found, config),
    ];
  } catch (problem) {
    if (!(problem instanceof StoreProblem)) throw problem;
    if (problem.code === 'SQLITE_NOTADB' || problem.code.startsWith('SQLITE_CORRUPT'))
      return [damaged(file, problem.message)];
    return [{ level: 'error', code: problem.explain, what: problem.message, cure: undefined }];
  }
}

function damaged(file: string, why: string): Said {
  const cure =
    'The next start keeps it under a new name, begins a new one with what can be saved: positions and readable rows.';
  return warning('spool-damaged', `The spool ${file} cannot be used: ${why}`, cure);
}

function holderText({ held, holder }: Inspection): string {
  if (!held) return 'No agent runs on it.';
  if (!holder) return 'Another process holds it.';
  return `It is held by the running process ${holder.pid} (${holder.command}) since ${new Date(holder.started).toISOString()}.`;
}

function waiting({ spools }: Inspection, config: Config): Said[] {
  const mine = [...spools].filter(([name]) => config.destinations.some((one) => one.name === name));
  return mine.map(([destination, { lines, bytes, oldest }]) => {
    const since = oldest === undefined ? '' : `, the oldest since ${new Date(oldest).toISOString()}`;
    return fine(
      `In the spool for ${destination}: ${lines.toLocaleString('en-US')} lines, ${formatSize(bytes)}${since}.`,
    );
  });
}

function orphaned(found: Inspection, config: Config): Said[] {
  return orphansOf(config, found, found.ledger).map(({ name, spool }) => {
    const what = `The state knows a destination ${name} that the configuration has no more`;
    if (spool.rows === 0) return fine(`${what}; nothing waits for it.`);
    const rows = `${spool.lines.toLocaleString('en-US')} lines in ${spool.rows} rows of the spool (${formatSize(spool.bytes)}) wait for it`;
    const cure = `They are sent once there is a section ${sectionText('syslog', name === 'syslog' ? undefined : name)} again; until then they take their part of [spool] max_size.`;
    return warning('destination-orphaned', `${what}: ${rows}.`, cure);
  });
}

/** Whether what is written there outlives a restart. */
function checkPlace(file: string): Said[] {
  const folder = path.dirname(file);
  const risk = fleeting(fs.existsSync(folder) ? file : folder);
  if (risk === undefined) return [];
  const [what, cure] = risk.split(/(?<=then\. )/);
  return [warning('spool-fleeting', what!.trim(), cure ?? 'Set [spool] path to a volume that stays.')];
}

function checkSpace(file: string, maxSize: number | undefined): Said[] {
  const folder = path.dirname(file);
  const free = freeBytes(fs.existsSync(folder) ? folder : path.dirname(folder));
  const what = `${formatSize(free)} are free on the disk of the spool`;
  const wanted = maxSize ?? 0;
  if (free >= Math.max(wanted, SCARCE)) return [fine(`${what}.`)];
  const why = free < wanted ? `, less than [spool] max_size = ${formatSize(wanted)}.` : '.';
  return [
    warning('disk-scarce', what + why, 'Free some space, set a smaller max_size, or put the spool on a larger disk.'),
  ];
}

function checkSocket(file: string): Said[] {
  const socket = `${file}.sock`;
  const length = Buffer.byteLength(socket);
  if (length <= CONTROL_PATH_LIMIT) return [];
  const what = `The control socket ${socket} would have a path of ${length} bytes, and a Unix socket takes ${CONTROL_PATH_LIMIT}: tailship status could not ask the agent.`;
  return [warning('control-socket', what, 'Choose a shorter [spool] path.')];
}
