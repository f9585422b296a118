/** The three forms of a message: what stands before its JSON, and how that is written. */
import type { RecordConfig } from '../types.ts';
import type { Draft } from './draft.ts';
import { COMPACT, type JsonStyle, PYTHON } from './json.ts';

export type Format = {
  readonly style: JsonStyle;
  /** True where the identity element is part of the message; else a part says in its JSON what it is a part of. */
  readonly identified: boolean;
  /** What stands before the JSON. */
  head(draft: Draft, element: string): string;
};

const PRI: readonly string[] = Array.from({ length: 192 }, (_, pri) => `<${pri}>`);
const PRI_VERSION: readonly string[] = PRI.map((pri) => `${pri}1 `);

export const FORMATS: Readonly<Record<RecordConfig['format'], Format>> = {
  /** RFC 5424 section 6, without a MSGID. */
  rfc5424: {
    style: COMPACT,
    identified: true,
    head: ({ pri, timestamp, hostname, appName, procid }, element) =>
      `${PRI_VERSION[pri]! + timestamp} ${hostname} ${appName} ${procid} - ${element} `,
  },
  /** RFC 3164 section 4.1; the process id in brackets is part of the TAG's end (section 5.3). */
  rfc3164: {
    style: COMPACT,
    identified: false,
    head({ pri, timestamp, hostname, appName, procid }) {
      const tag = procid === '-' ? appName : `${appName}[${procid}]`;
      return `${PRI[pri]! + timestamp} ${hostname} ${tag}: `;
    },
  },
  script: { style: PYTHON, identified: false, head: ({ pri }) => PRI[pri]! },
};
