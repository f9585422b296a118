/** Lines that a container's runtime wraps around those of the program in it. */

import type { Match } from './draft.ts';
import { readMembers } from './jsonline.ts';
import { CLEAN, ESCAPED, type Outline, type Outlines, outlineOf } from './outline.ts';

export const WRAPPERS = ['docker-json', 'cri'] as const;
export type Wrapper = (typeof WRAPPERS)[number];

/** A line taken out of its wrapping. `partial`: the program's line goes on in the next one of the same stream. */
type Inner = { readonly line: string; readonly time: string; readonly stream: string; readonly partial: boolean };

/** What takes the program's own line apart: the inner pattern. */
export type Within = {
  readonly groups: ReadonlyMap<string, readonly number[]>;
  match(line: string): Match | null;
  readonly outlines: Outlines;
};

/** Without an inner pattern the whole of the program's line is the message. */
const PLAIN: Within = {
  groups: new Map([['msg', [1]]]),
  match: (line) => [line, line],
  outlines: { first: outlineOf('^(?<msg>.*)$', false) },
};

/**
 * The groups and the matching of a wrapper with what is in it. The time of the wrapper stands in where the program's line has none;
 * where the inner pattern does not match, the program's line is an unmatched one.
 */
export function createUnwrapping(wrapper: Wrapper, within: Within = PLAIN): Within {
  const unwrap = READERS[wrapper];
  const next = Math.max(0, ...[...within.groups.values()].flat()) + 1;
  const groups = new Map(within.groups);
  groups.set('time', [...(within.groups.get('time') ?? []), next]);
  return {
    groups,
    outlines: { ...within.outlines, wrapping: wrappingOf(wrapper, within === PLAIN) },
    match(text) {
      const inner = unwrap(text);
      if (!inner) return null;
      const { line, time, stream, partial } = inner;
      const take = (whole: string): Match => {
        const match = within.match(whole);
        const values = Array.from({ length: next }, (_, i) => match?.[i]);
        return Object.assign([...values, time], {
          fields: [...(match?.fields ?? []), ['STREAM', stream] as const],
          unmatched: match === null,
          ...{ line: whole, stream },
        });
      };
      return partial ? Object.assign(take(line), { partial: take }) : take(line);
    },
  };
}

/** The program's own line; undefined where it is not wrapped in this way. */
export function unwrapLine(wrapper: Wrapper, text: string): string | undefined {
  return READERS[wrapper](text)?.line;
}

/** Docker's json-file: a line of more than 16 KiB is split, and only its last piece ends with a newline. */
function readDocker(text: string): Inner | undefined {
  const members = readMembers(text);
  const log = members?.get('log');
  if (!members || !log || log.raw !== undefined) return undefined;
  const ended = log.text.endsWith('\n');
  return {
    line: ended ? log.text.replace(/\r?\n$/, '') : log.text,
    time: members.get('time')?.text ?? '',
    stream: members.get('stream')?.text ?? '',
    partial: !ended,
  };
}

/** The Container Runtime Interface: time, stream, tags (P: the line goes on, F: it ends here), and the line. */
const CRI = /^([^ ]+) (stdout|stderr) ([^ ]+) ?(.*)$/s;

function readCri(text: string): Inner | undefined {
  const [, time, stream, tags, line] = CRI.exec(text) ?? [];
  if (time === undefined || stream === undefined || line === undefined) return undefined;
  return { line, time, stream, partial: tags?.split(':').includes('P') ?? false };
}

/** The wrapping of a line that does not go on. What stands in Docker's with an escape is for no pattern to see. */
function wrappingOf(wrapper: Wrapper, plain: boolean): Outline {
  const members = [{ key: 'STREAM', json: false, group: 'stream' }];
  if (wrapper === 'cri') return outlineOf('^(?<time>[^ ]+) (?<stream>stdout|stderr) F (?<line>.*)$', false, members);
  // A CR before the LF would go with it.
  const log = plain ? `(?:${CLEAN}|${ESCAPED.replace('nr', '')})*` : `${CLEAN}*`;
  const source = `^\\{"log":"(?<line>${log})\\\\n","stream":"(?<stream>${CLEAN}*)","time":"(?<time>${CLEAN}*)"\\}$`;
  return outlineOf(source, true, members);
}

const READERS = { 'docker-json': readDocker, cri: readCri } as const;
