/**
 * bundle.ts FOLDER: puts agent/ and the packages that it imports together, as few files of JavaScript in FOLDER: one that is loaded at
 * the start of the process, and one for each part that is loaded only where it is needed. Beside them go all other files of agent/,
 * and the licences of the packages that are inside.
 */
import fs from 'node:fs';
import { isBuiltin } from 'node:module';
import path from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';

const ROOT = path.resolve(import.meta.dirname, '..');
const AGENT = path.join(ROOT, 'agent');
const FIRST = path.join(AGENT, 'main.ts');

/** Files that something outside of the bundle starts: the process, and each thread. */
const ENTRIES = ['main.ts', 'shape/worker.ts'] as const;
/** better-sqlite3 is a binary, and of uplot the page's browser needs the files. So both stay packages. */
const OUTSIDE = ['better-sqlite3', 'uplot'];
/** Packages in CommonJS ask for Node's modules in their own way. */
const REQUIRE = "const require = process.getBuiltinModule?.('module').createRequire(import.meta.url);";
/** A stack names the line, so lines must not be endless. */
const LONGEST_LINE = 160;

/** All code lies in one folder afterwards, so what a source file finds beside itself is looked for where the source file was. */
const places: Plugin = {
  name: 'places',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, async ({ path: file }) => {
      const text = await fs.promises.readFile(file, 'utf8');
      const here = JSON.stringify(`./${path.relative(AGENT, file).split(path.sep).join('/')}`);
      const contents = text
        .replaceAll('import.meta.url', `new URL(${here}, import.meta.url).href`)
        .replaceAll(
          'import.meta.dirname',
          `process.getBuiltinModule('node:path').join(import.meta.dirname, ${here}, '..')`,
        );
      return { contents, loader: 'ts' };
    });
  },
};

/**
 * Node's own modules are asked for directly. An import makes Node read every export of a module, and some are made only when they are read:
 * all of WebCrypto with node:crypto, all of fetch with node:http. That would take 20 ms of each start, and 7 MB.
 */
const builtins: Plugin = {
  name: 'builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[^.]/ }, ({ path: name, kind, importer }) =>
      // The first file runs on a Node that is too old for this, too, and says so. It imports nothing else.
      kind === 'import-statement' && isBuiltin(name) && importer !== FIRST
        ? { path: name.replace(/^node:/, ''), namespace: 'builtin' }
        : undefined,
    );
    onLoad({ filter: /^process$/, namespace: 'builtin' }, () => ({
      contents: 'export default process;',
      loader: 'js',
    }));
    onLoad({ filter: /./, namespace: 'builtin' }, ({ path: name }) => {
      const all = Object.entries(Object.getOwnPropertyDescriptors(process.getBuiltinModule(name)));
      const ready = all.filter(([one, { value }]) => value !== undefined && /^\w+$/.test(one)).map(([one]) => one);
      const contents = [
        `const all = process.getBuiltinModule('${name}'), read = (name) => all[name];`,
        'export default all;',
        // Marked so that what nobody imports is left out.
        ...ready.map((one) => `const ${one}_ = /* @__PURE__ */ read('${one}'); export { ${one}_ as ${one} };`),
      ];
      return { contents: contents.join('\n'), loader: 'js' };
    });
  },
};

const [out = path.join(ROOT, 'dist')] = process.argv.slice(2);
fs.rmSync(out, { recursive: true, force: true });
const { metafile } = await build({
  ...{ absWorkingDir: ROOT, outdir: out, entryPoints: ENTRIES.map((entry) => path.join(AGENT, entry)) },
  ...{ bundle: true, splitting: true, format: 'esm', platform: 'node', target: 'node24', external: OUTSIDE },
  // Names stay, for whoever reads a stack.
  ...{ minifyWhitespace: true, minifySyntax: true, lineLimit: LONGEST_LINE, legalComments: 'none' },
  ...{ plugins: [places, builtins], banner: { js: REQUIRE }, metafile: true, logLevel: 'warning' },
});
for (const entry of fs.readdirSync(AGENT, { withFileTypes: true, recursive: true })) {
  if (!entry.isFile() || entry.name.endsWith('.ts')) continue;
  const file = path.join(entry.parentPath, entry.name);
  const copy = path.join(out, path.relative(AGENT, file));
  fs.mkdirSync(path.dirname(copy), { recursive: true });
  fs.copyFileSync(file, copy);
}
fs.writeFileSync(path.join(out, 'LICENSES.txt'), licences(metafile));
fs.chmodSync(path.join(out, 'main.js'), 0o755);

/** Every package of which something was taken, with its licence's whole text. Throws an Error where one has none. */
function licences({ inputs }: Metafile): string {
  const folders = Object.keys(inputs).map((file) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]);
  return [...new Set(folders)]
    .filter((folder) => folder !== undefined)
    .sort()
    .map((folder) => {
      const at = path.join(ROOT, folder);
      const { name, version, license } = JSON.parse(fs.readFileSync(path.join(at, 'package.json'), 'utf8'));
      const file = fs.readdirSync(at).find((one) => /^licen[cs]e/i.test(one));
      if (license === undefined) throw new Error(`${name} names no licence`);
      const text = file === undefined ? '' : `\n${fs.readFileSync(path.join(at, file), 'utf8').trim()}\n`;
      return `${name} ${version}: ${license}\n${text}`;
    })
    .join(`\n${'-'.repeat(72)}\n\n`);
}
