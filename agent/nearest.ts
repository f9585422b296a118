/**
 * The known word that is most likely meant, without regard to case, or undefined when none is near: about a third of the
 * letters may differ, and two neighbours exchanged count as one (Damerau and Levenshtein's distance); or one of the two
 * words begins with the other.
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const longest = Math.max(word.length, candidate.length);
    // Far too long to be a slip of the finger; and a hostile line must not cost quadratic time.
    if (longest > 100 || word.length === 0) continue;
    const [a, b] = [word.toLowerCase(), candidate.toLowerCase()];
    const begins = Math.min(a.length, b.length) >= 3 && (a.startsWith(b) || b.startsWith(a));
    const found = begins ? Math.min(1, distance(a, b)) : distance(a, b);
    if (found < least && found <= Math.ceil(longest / 3) && found < longest) {
      best = candidate;
      least = found;
    }
  }
  return best;
}

/** ` Did you mean X?`, or nothing when no known word is near. */
export function didYouMean(word: string, known: readonly string[], show = (near: string) => `'${near}'`): string {
  const near = nearest(word, known);
  return near === undefined ? '' : ` Did you mean ${show(near)}?`;
}

function distance(a: string, b: string): number {
  let older: number[] = [];
  let old = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const change = old[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(change, old[j]! + 1, row[j - 1]! + 1, swapped ? older[j - 2]! + 1 : change));
    }
    older = old;
    old = row;
  }
  return old[b.length]!;
}
