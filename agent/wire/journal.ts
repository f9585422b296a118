/** Lines for journald, which takes the priority of a line from its beginning (sd-daemon(3), SyslogLevelPrefix=). */

const PRIORITIES = { error: 3, warn: 4, info: 6, debug: 7 } as const;

/** `text` with the priority before each of its lines. It keeps its last LF. */
export function forJournal(level: keyof typeof PRIORITIES, text: string): string {
  return text.replaceAll(/^(?=.)/gm, `<${PRIORITIES[level]}>`);
}
