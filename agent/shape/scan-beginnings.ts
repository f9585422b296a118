/** With which bytes the pieces of a scanner begin, one after the other or as branches. */
import { type ByteSet, meets, union } from './byteset.ts';
import { type Beginning, END, LONG, NONE, type Part } from './scan-spans.ts';

/** With what these pieces begin from number `from` on, and then `after`. Of long ones only so much as is asked for. */
export function beginningOf(parts: readonly Part[], from: number, after: Beginning): Beginning {
  const beginning: ByteSet[] = [];
  for (let i = from; i < parts.length; i += 1) {
    const part = parts[i]!;
    if (!part.whole && part.maybe) return [...beginning, ...beginningOfMaybe(part, beginningOf(parts, i + 1, after))];
    beginning.push(...part.beginning);
    if (!part.whole || beginning.length >= LONG) return beginning;
  }
  return [...beginning, ...after];
}

function beginningOfMaybe({ first }: Part, [next]: Beginning): Beginning {
  return next && next !== END ? [union([first, next])] : [];
}

/** With what each of several begins. */
export function anyOf(beginnings: readonly Beginning[]): Beginning {
  const [one = [], ...others] = beginnings;
  const length = one.findIndex((set, n) => set === END || others.some((other) => !other[n] || other[n] === END));
  return one
    .slice(0, length < 0 ? one.length : length)
    .map((set, n) => union([set, ...others.map((other) => other[n]!)]));
}

/**
 * The bytes of which `longer` takes one behind all that `shorter` takes, so that both match; none where they never do. Undefined where
 * that is not known.
 */
export function bytesBeyond(shorter: Part, longer: Part): ByteSet | undefined {
  for (let n = 0; ; n += 1) {
    const [one, other] = [shorter.beginning[n], longer.beginning[n]];
    if (one === END || other === END) return undefined;
    if (!one) return shorter.whole ? other : undefined;
    if (!other) return longer.whole ? NONE : undefined;
    if (!meets(one, other)) return NONE;
  }
}
