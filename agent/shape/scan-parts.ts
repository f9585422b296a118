/** The pieces of which a scanner is made: what each is in code, and when a piece that fails means that the expression does. */
import type { AST } from '@eslint-community/regexpp';
import { type ByteSet, bytesTakenBy, meets, union } from './byteset.ts';
import { anyOf, beginningOf, bytesBeyond } from './scan-beginnings.ts';
import type { Code } from './scan-code.ts';
import {
  type Beginning,
  END,
  EVERY,
  FEW,
  GIVE_UP,
  LONG,
  lazySpan,
  NONE,
  NoScanner,
  type Part,
  span,
} from './scan-spans.ts';

/** The whole expression. A `^` at the beginning of a branch says where to try it, and it is tried at the line's beginning anyway. */
export function partOf({ alternatives }: AST.Pattern, code: Code): Part {
  const branches = alternatives.map(({ elements: [begin, ...others] }) => {
    const anchored = begin?.type === 'Assertion' && begin.kind === 'start';
    return { elements: begin && !anchored ? [begin, ...others] : others };
  });
  return choice(branches, code);
}

/** One after the other. Where one fails behind others, that is sure only if no other way through those could have helped. */
function inOrder(parts: readonly Part[], code: Code): Part {
  if (parts.length === 1) return parts[0]!;
  const ambiguous = parts.map((part, i) => isAmbiguous(part, parts, i + 1));
  const beginning = beginningOf(parts, 0, []);
  const needed = parts.findIndex(({ maybe }) => !maybe);
  const last = parts.findLastIndex(({ maybe }) => !maybe);
  return {
    code(fail, after) {
      let failing = fail;
      const texts = parts.map((part, i) => {
        const text = part.code(failing, beginningOf(parts, i + 1, after));
        if (!ambiguous[i]) return text;
        if (part.least === undefined) {
          failing = GIVE_UP;
          return text;
        }
        const start = code.label();
        if (failing !== GIVE_UP) failing = `{ if (${start}e - ${start} !== ${part.least}) ${GIVE_UP} ${failing} }`;
        return `const ${start} = i; ${text} const ${start}e = i;`;
      });
      return texts.join(' ');
    },
    first: union(parts.slice(0, needed < 0 ? parts.length : needed + 1).map(({ first }) => first)),
    maybe: needed < 0,
    open: ambiguous.includes(true) ? undefined : unionOf(parts.slice(Math.max(last, 0)).map(({ open }) => open)),
    beginning,
    whole: beginning.length < LONG && parts.every(({ whole }) => whole),
    least: parts.reduce<number | undefined>(
      (sum, { least }) => (sum === undefined || least === undefined ? undefined : sum + least),
      0,
    ),
  };
}

/** Whether a piece may leave more than one way to what stands behind it: these pieces from number `from` on. */
function isAmbiguous({ open }: Part, behind: readonly Part[], from: number): boolean {
  for (let i = from; i < behind.length; i += 1) {
    const { first, maybe } = behind[i]!;
    if (open === undefined || meets(open, first)) return true;
    if (!maybe) return false;
  }
  return false;
}

function unionOf(sets: readonly (ByteSet | undefined)[]): ByteSet | undefined {
  const known = sets.filter((set) => set !== undefined);
  return known.length === sets.length ? union(known) : undefined;
}

/** The first branch that matches. `again`: as often as one does, so that a branch of one character may as well be a span of them. */
function choice(alternatives: readonly Pick<AST.Alternative, 'elements'>[], code: Code, again = false): Part {
  const branches = alternatives.map(({ elements }) => {
    const from = code.groups() + 1;
    const [only, ...others] = elements;
    const parts =
      again && only && isOne(only) && others.length === 0
        ? [{ ...span(only.raw, 1, Number.POSITIVE_INFINITY, code), open: NONE }]
        : elements.flatMap((element) => partsOf(element, code));
    return { ...inOrder(parts, code), from, to: code.groups() };
  });
  if (branches.length === 1) return branches[0]!;
  const clears = branches.map(({ from, to }) => code.unset(from, to));
  const maybe = branches.some((branch) => branch.maybe);
  const beyond = branches.map((branch, n) => unionOf(branches.slice(n + 1).map((later) => bytesBeyond(branch, later))));
  const before = branches.map((branch, n) =>
    unionOf(branches.slice(0, n).map((longer) => bytesBeyond(branch, longer))),
  );
  return {
    code(fail, behind) {
      const [done, start] = [code.label(), code.label()];
      const tries = branches.map((branch, n) => {
        const next = code.label();
        const taken = branch.code(`break ${next};`, behind);
        return `${next}: { ${taken} ${unlessMore(beyond[n], behind, `break ${next};`, code)} break ${done}; } i = ${start}; ${clears[n]}`;
      });
      return `${done}: { const ${start} = i; ${tries.join(' ')} ${fail} }`;
    },
    first: union(branches.map(({ first }) => first)),
    maybe,
    open: maybe || beyond.includes(undefined) ? undefined : unionOf([...branches.map(({ open }) => open), ...before]),
    least: undefined,
    beginning: maybe ? [] : anyOf(branches.map(({ beginning }) => beginning)),
    whole: false,
  };
}

/** A branch matches, but a later one would take these bytes too: that one has to be tried where what stands behind cannot begin here. */
function unlessMore(bytes: ByteSet | undefined, [next]: Beginning, other: string, code: Code): string {
  if (!bytes?.includes(1)) return '';
  return `if (i < end && ${code.has(bytes)}) ${next && !meets(bytes, next) ? other : GIVE_UP}`;
}

/** What stands in a group of one branch stands as well in the place of the group. */
function partsOf(element: AST.Element, code: Code): Part[] {
  switch (element.type) {
    case 'Group':
      if (element.modifiers) throw new NoScanner();
      return groupOf(element, code);
    case 'CapturingGroup':
      return captured(element, code);
    case 'Quantifier':
      return [repeated(element, code)];
    case 'Character':
    case 'CharacterClass':
    case 'CharacterSet':
      return [span(element.raw, 1, 1, code)];
    case 'Assertion':
      return [assertion(element, code)];
    default:
      throw new NoScanner();
  }
}

function groupOf({ alternatives }: AST.Group | AST.CapturingGroup, code: Code): Part[] {
  const [only, ...others] = alternatives;
  if (only && others.length === 0) return only.elements.flatMap((element) => partsOf(element, code));
  return [choice(alternatives, code)];
}

/** Between two pieces that take nothing, and only note where they stand. */
function captured(group: AST.CapturingGroup, code: Code): Part[] {
  const nothing = { first: NONE, maybe: true, open: NONE, least: 0, beginning: [], whole: true };
  const number = code.group();
  const start = code.label();
  const inner = groupOf(group, code);
  return [
    { ...nothing, code: () => `const ${start} = i;` },
    ...inner,
    { ...nothing, code: () => code.note(number, start) },
  ];
}

function assertion(element: AST.Assertion, code: Code): Part {
  const nothing = { maybe: true, open: NONE, least: 0 };
  if (element.kind === 'end')
    return { ...nothing, code: (fail) => `if (i !== end) ${fail}`, first: NONE, beginning: [END], whole: true };
  if (element.kind !== 'word') throw new NoScanner();
  const word = bytesTakenBy('\\w', false);
  const around = `(i > from && ${code.has(word, 'i - 1')}) ${element.negate ? '!==' : '==='} (i < end && ${code.has(word)})`;
  // What stands before it may decide about it, whatever that is.
  return { ...nothing, code: (fail) => `if (${around}) ${fail}`, first: EVERY, beginning: [], whole: false };
}

function isOne({ type }: AST.Element): boolean {
  return type === 'Character' || type === 'CharacterClass' || type === 'CharacterSet';
}

function repeated({ element, min, max, greedy }: AST.Quantifier, code: Code): Part {
  if (isOne(element)) return greedy ? span(element.raw, min, max, code) : lazySpan(element.raw, min, max, code);
  const from = code.groups() + 1;
  const inner = inOrder(partsOf(element, code), code);
  const clear = code.unset(from, code.groups());
  // Where it takes nothing it counts as not there, so it must take something.
  if (inner.maybe) throw new NoScanner();
  if (min === 0 && !greedy)
    return {
      code: () => clear,
      first: inner.first,
      maybe: true,
      open: undefined,
      least: undefined,
      beginning: [],
      whole: false,
    };
  if (min === 0 && max === 1) return optional(inner, clear, code);
  // What a group took in one round it has lost in the next.
  if (element.type !== 'Group' || clear !== '' || !greedy || min > FEW || (max > min && max < Number.POSITIVE_INFINITY))
    throw new NoScanner();
  const rounds: Part[] = new Array(min).fill(inner);
  return inOrder(max > min ? [...rounds, loop(choice(element.alternatives, code, true), code)] : rounds, code);
}

/** What is there once or not at all. */
function optional(inner: Part, clear: string, code: Code): Part {
  return {
    code(_, behind) {
      const [done, next, start] = [code.label(), code.label(), code.label()];
      const once = inner.code(`break ${next};`, behind);
      return `${done}: { const ${start} = i; ${next}: { ${once} break ${done}; } i = ${start}; ${clear} }`;
    },
    ...{ first: inner.first, maybe: true, open: unionOf([inner.first, inner.open]), least: 0 },
    ...{ beginning: [], whole: false },
  };
}

/** As many rounds as there are. */
function loop(inner: Part, code: Code): Part {
  return {
    code() {
      const [rounds, next, start] = [code.label(), code.label(), code.label()];
      const round = inner.code(`break ${next};`, []);
      return `${rounds}: for (;;) { const ${start} = i; ${next}: { ${round} continue ${rounds}; } i = ${start}; break; }`;
    },
    ...{ first: inner.first, maybe: true, least: 0, beginning: [], whole: false },
    open: isAmbiguous(inner, [inner], 0) ? undefined : unionOf([inner.first, inner.open]),
  };
}
