#!/usr/bin/env node
/**
 * The process: checks the Node version before anything else is imported, hands argv in and gives the exit code out.
 * The only file that ends the process or listens to signals.
 */
import { EventEmitter } from 'node:events';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (!(major >= 26 || (major === 24 && minor >= 15))) {
  process.stderr.write(
    `tailship needs Node 24.15 or newer of 24, or 26 and up; this is ${process.versions.node}. ` +
      'Install Node 26 (LTS), or run scripts/tailship from a checkout, which brings its own.\n',
  );
  process.exit(2);
}

// V8's young objects keep the 2 MB that they begin with: what passes through is bytes outside of its heap. More room would be taken, and
// buy no speed. Threads that begin later keep to it too.
process.getBuiltinModule('node:v8').setFlagsFromString('--semi-space-growth-factor=1');

// A reader that goes away (`tailship try | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

// Nor does the agent end with whoever read its log.
process.stderr.on('error', () => {});

// The last resort. Nothing is lost by it: what is not settled is read or drained again at the next start.
process.on('uncaughtException', (error: unknown) => {
  const reason = error instanceof Error ? error.message : String(error);
  process.stderr.write(`tailship: ended by a fault of its own (${reason}). Start it again, and please report this.\n`);
  process.exit(1);
});

/** How long the agent takes at most from here to the point where it takes orders, ms. */
const START_WITHIN = 2000;

const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort());

// A hang-up is an order to the agent, and the end of every other command.
const orders = new EventEmitter();
process.on('SIGHUP', () => {
  // One that comes while the agent is still starting waits until it can be obeyed.
  if (!orders.emit('reload')) setTimeout(() => orders.emit('reload') || stop.abort(), START_WITHIN);
});
process.on('SIGUSR1', () => orders.emit('reopen'));
process.on('SIGUSR2', () => orders.emit('tell'));

/** One that was removed has no path; relative ones then begin at the root. */
function currentFolder(): string {
  try {
    return process.cwd();
  } catch {
    return '/';
  }
}

const { isJournal } = await import('./cli/journal.ts');
const { runCli } = await import('./cli/cli.ts');
const code = await runCli(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: Object.assign(process.stderr, { journal: isJournal(process.env, process.stderr.fd) }),
  env: process.env,
  cwd: currentFolder(),
  stop: stop.signal,
  on: (order, run) => void orders.on(order, run),
});
// What was written into a pipe whose reader is slow still waits in this process, and would end with it.
await new Promise<unknown>((flushed) => process.stdout.write('', flushed));
process.exit(code);
