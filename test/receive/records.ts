/** Records as tailship writes them, and waiting for a condition. */
import { createVerifier, type VerifyReport } from '../../agent/receive/verify.ts';
import { type Identity, writeIdentity } from '../../agent/wire/identity.ts';
import { newIdentitySpan, scanIdentity } from '../../agent/wire/identity-scan.ts';

export const GEN = ['aaaaaaaaaaaaaaa1', 'bbbbbbbbbbbbbbb2', 'ccccccccccccccc3'] as const;

/** An rfc5424 record with this identity. */
export function record(identity: Identity, msg = 'text', host = 'web1'): string {
  return `<14>1 2026-07-15T11:30:35.000+02:00 ${host} app 12 - ${writeIdentity('tail@32473', identity)} ${JSON.stringify({ MSG: msg })}`;
}

/** What `receive --verify` makes of messages, given one by one. */
export function startVerifying(fromFirst = false): { take(message: string): void; report(): VerifyReport } {
  const verifier = createVerifier({ fromFirst });
  const span = newIdentitySpan();
  return {
    take(message) {
      const bytes = Buffer.from(message);
      if (scanIdentity(bytes, 0, bytes.length, span)) verifier.take(bytes, span);
      else verifier.other(message);
    },
    report: verifier.report,
  };
}

export function verify(messages: readonly string[], fromFirst = false): VerifyReport {
  const verifying = startVerifying(fromFirst);
  for (const message of messages) verifying.take(message);
  return verifying.report();
}

/** The records of a generation of lines of 10 bytes: `count` of them from `from`. */
export function records(gen: string, count: number, more: Partial<Identity> = {}, from = 0): string[] {
  return Array.from({ length: count }, (_, i) =>
    record({ gen, at: from + i * 10, len: 10, ...(i === 0 ? more : {}) }, `line ${i}`),
  );
}

/** An rfc5424 record cut into parts of its MSG. */
export function cutRecord(identity: Identity, pieces: readonly string[]): string[] {
  return pieces.map((piece, i) => record({ ...identity, part: { n: i + 1, of: pieces.length } }, piece));
}

/** Three generations: lines of 10 bytes, a record in parts, a skip, and a quiet end that a mark proves. */
export function journal(): string[] {
  const end = { gen: GEN[0], at: 60, len: 10, skip: 10 };
  return [
    ...records(GEN[0], 5),
    record(end),
    ...records(GEN[1], 3, { after: { gen: GEN[0], end: 75 }, prevskip: 5 }),
    ...cutRecord({ gen: GEN[1], at: 30, len: 30 }, ['a', 'b', 'c']),
    ...records(GEN[2], 2, { after: { gen: GEN[1], end: 60 } }),
    `<46>1 2026-07-15T11:30:35Z web1 tailship - - [tail@32473 mark="${GEN[1]}:60" mark="${GEN[2]}:23:3"] {"MSG":"-- MARK --"}`,
    '<14>1 2026-07-15T11:30:35Z web1 other - - [x f="1"] no identity',
    '<14>Jul 15 11:30:35 web1 app: older',
  ];
}

/** What is missing of the journal without some of its messages: generation, from, to. */
export const PLANTED: readonly (readonly [
  lost: readonly number[],
  gaps: readonly (readonly [gen: string, from: number, to: number])[],
])[] = [
  [[0], [[GEN[0], 0, 10]]],
  [[2], [[GEN[0], 20, 30]]],
  [[5], [[GEN[0], 50, 70]]],
  [[10], [[GEN[1], 30, 60]]],
  [[13], [[GEN[2], 10, 20]]],
  [[0, 1, 2, 3, 4, 5], [[GEN[0], 0, 70]]],
  [
    [1, 4, 7],
    [
      [GEN[0], 10, 20],
      [GEN[0], 40, 50],
      [GEN[1], 10, 20],
    ],
  ],
];

/** Resolves as soon as the condition holds; a test that waits in vain is ended by the runner. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2));
}
