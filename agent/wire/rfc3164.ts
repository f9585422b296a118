/** Messages in the older form of RFC 3164, `<PRI>Mmm dd hh:mm:ss HOST TAG[PID]: MSG`, as they are met in the field. */
import { readPri } from './priority.ts';

/**
 * A message taken apart. RFC 3164 binds a sender to little, so every part but PRI may be missing; what could not be read as
 * header stands in `msg` (section 4.3.2). `<PRI>JSON` thus is a message of which there is only `msg`.
 */
export type Record3164 = {
  readonly pri: number;
  /** As written, without a year: `Oct  9 22:33:20`. */
  readonly timestamp: string | undefined;
  readonly hostname: string | undefined;
  readonly appName: string | undefined;
  readonly procid: string | undefined;
  readonly msg: string;
};

const TIME = /(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ 0-3]?\d \d\d:\d\d:\d\d(?= )/y;
const HOST = / ([!-~]+)(?= |$)/y;
const TAG = / ?([^\s:[\]]+)(?:\[([^\s\]]*)\])?:(?: |$)/y;

/** Reads a message. Gives undefined when it does not begin with a PRI; never throws. */
export function readRfc3164(text: string): Record3164 | undefined {
  const start = readPri(text);
  if (!start) return undefined;
  const time = matchAt(TIME, text, start.end);
  if (!time) {
    const none = { timestamp: undefined, hostname: undefined, appName: undefined, procid: undefined };
    return { pri: start.pri, ...none, msg: text.slice(start.end) };
  }
  let end = start.end + time[0].length;
  const host = matchAt(HOST, text, end);
  end += host?.[0].length ?? 0;
  const tag = matchAt(TAG, text, end);
  end += tag?.[0].length ?? (text[end] === ' ' ? 1 : 0);
  return {
    pri: start.pri,
    timestamp: time[0],
    hostname: host?.[1],
    appName: tag?.[1],
    procid: tag?.[2],
    msg: text.slice(end),
  };
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
