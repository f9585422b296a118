/** What the house rules look at in a source file, read with TypeScript's own parser. */
import { SyntaxKind } from 'typescript/unstable/ast';
import { createVirtualFileSystem } from 'typescript/unstable/fs';
import { API } from 'typescript/unstable/sync';

export type Reading = {
  /** Every module named by an import, an export, an import type or an import call; `?` where it is not a plain string. */
  readonly imports: readonly { readonly from: string; readonly line: number }[];
  /** Every call, as `process.exit("…")`: the callee's text and the first argument's, where that is a string. */
  readonly calls: readonly { readonly name: string; readonly first: string | undefined; readonly line: number }[];
  /** Lines with the type `any`. */
  readonly anys: readonly number[];
  /** Lines with `skip: true`, `only: true` or `todo: true`. */
  readonly switches: readonly number[];
};

type Node = {
  readonly kind: number;
  readonly text?: string;
  readonly expression?: Node;
  readonly name?: Node;
  readonly argument?: Node;
  readonly literal?: Node;
  readonly initializer?: Node;
  readonly moduleSpecifier?: Node;
  readonly arguments?: readonly Node[];
  getStart(): number;
  getText(): string;
  forEachChild(visit: (child: Node) => void): void;
};

/** Parses every `.ts` file of the tree. Paths are relative to the tree's root. */
export function readSources(tree: Readonly<Record<string, string>>): Map<string, Reading> {
  const paths = Object.keys(tree).filter((path) => path.endsWith('.ts'));
  const options = { noLib: true, types: [], noResolve: true, noEmit: true };
  const api = new API({
    cwd: '/tree',
    fs: createVirtualFileSystem({
      ...Object.fromEntries(paths.map((path) => [`/tree/${path}`, tree[path] ?? ''])),
      '/tree/tsconfig.json': JSON.stringify({ compilerOptions: options, files: paths }),
    }),
  });
  try {
    const project = api.updateSnapshot({ openProjects: ['/tree/tsconfig.json'] }).getProject('/tree/tsconfig.json');
    return new Map(
      paths.map((path) => {
        const source = project?.program.getSourceFile(`/tree/${path}`);
        if (source === undefined) throw new Error(`TypeScript did not read ${path}`);
        return [path, readOne(source as unknown as Node, tree[path] ?? '')];
      }),
    );
  } finally {
    api.close();
  }
}

function readOne(source: Node, text: string): Reading {
  const imports: { from: string; line: number }[] = [];
  const calls: { name: string; first: string | undefined; line: number }[] = [];
  const anys: number[] = [];
  const switches: number[] = [];
  const visit = (node: Node): void => {
    const line = () => text.slice(0, node.getStart()).split('\n').length;
    const named = (module: Node | undefined) => imports.push({ from: string(module) ?? '?', line: line() });
    if (node.kind === SyntaxKind.ImportDeclaration) named(node.moduleSpecifier);
    else if (node.kind === SyntaxKind.ExportDeclaration && node.moduleSpecifier !== undefined)
      named(node.moduleSpecifier);
    else if (node.kind === SyntaxKind.ImportType) named(node.argument?.literal);
    else if (node.kind === SyntaxKind.AnyKeyword) anys.push(line());
    else if (node.kind === SyntaxKind.PropertyAssignment && node.initializer?.kind === SyntaxKind.TrueKeyword) {
      if (/^(skip|only|todo)$/.test(node.name?.text ?? '')) switches.push(line());
    } else if (node.kind === SyntaxKind.CallExpression && node.expression !== undefined) {
      if (node.expression.kind === SyntaxKind.ImportKeyword) named(node.arguments?.[0]);
      else calls.push({ name: node.expression.getText(), first: string(node.arguments?.[0]), line: line() });
    }
    node.forEachChild(visit);
  };
  visit(source);
  return { imports, calls, anys, switches };
}

function string(node: Node | undefined): string | undefined {
  const plain = node?.kind === SyntaxKind.StringLiteral || node?.kind === SyntaxKind.NoSubstitutionTemplateLiteral;
  return plain ? node.text : undefined;
}
