/** Reads what a server wrote of tailship's messages, without the agent's own code. */
import assert from 'node:assert/strict';

/** One message: where it stood in its file, and the line that it was made of. */
export type Received = { readonly gen: string; readonly at: number; readonly len: number; readonly line: string };

/** Takes a message of format rfc5424 with `json = all` apart and puts the line of `logLine` together again. */
export function received(message: string): Received {
  const found = /^<\d+>1 \S+ \S+ \S+ \S+ - \[tail@32473 ([^\]]*)\] (\{.*\})$/u.exec(message);
  if (found === null) throw new Error(`not a message of tailship: ${message}`);
  const params = new Map([...(found[1] ?? '').matchAll(/(\w+)="([^"]*)"/g)].map((param) => [param[1], param[2] ?? '']));
  const json = JSON.parse(found[2] ?? '') as Record<string, string>;
  const line = `${json.HEADER} ${json.OWNER}: [${json.PID}][${json.LEVEL}] [${json.OTHER}] ${json.MSG}`;
  return { gen: params.get('f') ?? '', at: Number(params.get('at')), len: Number(params.get('len')), line };
}

/** Every record once, where it came first. `repeated` counts those that came again, and their bytes in the file that was read. */
export function once(messages: readonly string[]): { lines: string[]; repeated: { count: number; bytes: number } } {
  const seen = new Set<string>();
  const lines: string[] = [];
  const repeated = { count: 0, bytes: 0 };
  for (const message of messages) {
    const { gen, at, len, line } = received(message);
    if (seen.has(`${gen} ${at}`)) {
      repeated.count += 1;
      repeated.bytes += len;
    } else {
      seen.add(`${gen} ${at}`);
      lines.push(line);
    }
  }
  return { lines, repeated };
}

/** Fails at the first line that differs, with its neighbours; thousands of lines make no readable message. */
export function assertSameLines(arrived: readonly string[], written: readonly string[]): void {
  const at = written.findIndex((line, n) => arrived[n] !== line);
  if (at === -1 && arrived.length === written.length) return;
  const from = at === -1 ? written.length : at;
  const there = new Set(arrived);
  const absent = written.filter((line) => !there.has(line)).length;
  const excerpt = (lines: readonly string[]) => lines.slice(Math.max(0, from - 2), from + 3).join('\n');
  assert.fail(
    `${written.length} lines were written and ${arrived.length} arrived; ${absent} are absent, and line ${from} differs.` +
      `\nwritten:\n${excerpt(written)}\narrived:\n${excerpt(arrived)}`,
  );
}
