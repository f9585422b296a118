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
