/** Facilities, severities and PRI (RFC 5424 section 6.2.1; the names are those of syslog.h and of rsyslog). */

type Word = { readonly number: number; readonly name: string; readonly synonyms: readonly string[] };

/** In order of their numbers: `FACILITIES[n].number === n`. */
export const FACILITIES: readonly Word[] = words([
  ['kern'],
  ['user'],
  ['mail'],
  ['daemon'],
  ['auth', 'security'],
  ['syslog'],
  ['lpr'],
  ['news'],
  ['uucp'],
  ['cron'],
  ['authpriv'],
  ['ftp'],
  ['ntp'],
  ['audit'],
  ['alert'],
  ['clock'],
  ['local0'],
  ['local1'],
  ['local2'],
  ['local3'],
  ['local4'],
  ['local5'],
  ['local6'],
  ['local7'],
]);

/** In order of their numbers, the most urgent first: `SEVERITIES[n].number === n`. */
export const SEVERITIES: readonly Word[] = words([
  ['emerg', 'panic'],
  ['alert'],
  ['crit', 'critical'],
  ['err', 'error'],
  ['warning', 'warn'],
  ['notice'],
  ['info'],
  ['debug'],
]);

const FACILITY_BY_WORD = byWord(FACILITIES);
const SEVERITY_BY_WORD = byWord(SEVERITIES);

/** The number of a facility, by name, synonym or number, in any case. Undefined when there is none of that name. */
export function facilityNumber(word: string): number | undefined {
  return FACILITY_BY_WORD.get(word.toLowerCase());
}

/** The number of a severity, by name, synonym or number, in any case. Undefined when there is none of that name. */
export function severityNumber(word: string): number | undefined {
  return SEVERITY_BY_WORD.get(word.toLowerCase());
}

/** `14` gives `user.info`. A number beyond the tables is given as it stands: `24.info`. */
export function priorityText(pri: number): string {
  const facility = Math.floor(pri / 8);
  return `${FACILITIES[facility]?.name ?? facility}.${SEVERITIES[pri & 7]!.name}`;
}

/**
 * Reads `<PRI>` at the start of a message. Gives the value (0 to 191) and the index behind the `>`,
 * undefined when the message does not begin with one.
 */
export function readPri(text: string): { readonly pri: number; readonly end: number } | undefined {
  const found = /^<(\d{1,3})>/.exec(text);
  if (!found) return undefined;
  const pri = Number(found[1]);
  return pri > 191 ? undefined : { pri, end: found[0].length };
}

function words(rows: readonly (readonly string[])[]): readonly Word[] {
  return Object.freeze(rows.map(([name, ...synonyms], number) => ({ number, name: name!, synonyms })));
}

function byWord(table: readonly Word[]): ReadonlyMap<string, number> {
  const map = new Map<string, number>();
  for (const { number, name, synonyms } of table) {
    for (const word of [name, ...synonyms, String(number)]) map.set(word, number);
  }
  return map;
}
