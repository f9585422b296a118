/** What shape tells of its work. */

/** Counts since the start. */
export type ShapeStatus = {
  /** Lines that the pattern did not match: shipped whole or dropped. Lines joined to a record are not counted. */
  readonly unmatched: number;
  /** Lines that were not valid in their encoding. */
  readonly invalidUtf8: number;
  readonly unreadableTimes: number;
  /** Lines on which the pattern took too long; and whether it was set aside because there were too many of them. */
  readonly overruns: number;
  readonly setAside: boolean;
  /** Time spent on shaping, ms: what the pattern and the form of the records cost. */
  readonly ms: number;
  /** Secrets replaced by `[redact]`. */
  readonly redacted: number;
  /** Records of lines cut at `max_line`, and records that had to lose something other than MSG to fit `chunk`. */
  readonly cut: number;
};

export const NOTHING_SHAPED: ShapeStatus = {
  unmatched: 0,
  invalidUtf8: 0,
  unreadableTimes: 0,
  overruns: 0,
  setAside: false,
  ms: 0,
  redacted: 0,
  cut: 0,
};

/** What two shapers of one input have done together. */
export function addStatus(a: ShapeStatus, b: ShapeStatus): ShapeStatus {
  return {
    unmatched: a.unmatched + b.unmatched,
    invalidUtf8: a.invalidUtf8 + b.invalidUtf8,
    unreadableTimes: a.unreadableTimes + b.unreadableTimes,
    overruns: a.overruns + b.overruns,
    setAside: a.setAside || b.setAside,
    ms: a.ms + b.ms,
    redacted: a.redacted + b.redacted,
    cut: a.cut + b.cut,
  };
}
