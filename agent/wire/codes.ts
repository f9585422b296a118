/**
 * The codes that warnings, errors and findings carry, so that they can be searched for, alerted on and explained:
 * `tailship explain CODE`. A code is never given another meaning.
 */
import { CHECK_CODES } from './codes-check.ts';
import { CONFIG_CODES } from './codes-config.ts';
import { FILE_CODES } from './codes-files.ts';
import { MISTAKE_CODES } from './codes-mistakes.ts';
import { SERVER_CODES } from './codes-servers.ts';
import { STATE_CODES } from './codes-state.ts';

/** What is said of a code: what it means, what is at risk, and what to do. Each in whole sentences. */
export type Explanation = { readonly meaning: string; readonly risk: string; readonly cure: string };

/** By what they are about, in the order in which they are listed. */
export const CODE_GROUPS = {
  'Servers and the way to them': SERVER_CODES,
  'Log files': FILE_CODES,
  'Spool, positions and disk': STATE_CODES,
  'Mistakes in the configuration': MISTAKE_CODES,
  'The agent itself': CONFIG_CODES,
  'Found by tailship check': CHECK_CODES,
} as const;

export const CODES = {
  ...SERVER_CODES,
  ...FILE_CODES,
  ...STATE_CODES,
  ...MISTAKE_CODES,
  ...CONFIG_CODES,
  ...CHECK_CODES,
} as const satisfies Readonly<Record<string, Explanation>>;

export type Code = keyof typeof CODES;

/** Of a mistake in the configuration. */
export type ConfigCode = keyof typeof MISTAKE_CODES;
