/** The composition behind `tailship run`: configuration, own log, agent. */
import { isDeepStrictEqual } from 'node:util';
import { runAgent } from './agent.ts';
import { followBacklog } from './backlog.ts';
import { createChanges, type Offers } from './changes.ts';
import { withTlsFiles } from './config-tls.ts';
import { realClock } from './ops/clock.ts';
import { type AgentLog, createLog, type LogSink } from './ops/log.ts';
import { createProgress } from './ops/progress.ts';
import { createSupervisor, type Supervisor } from './ops/supervisor.ts';
import { notifySystemd } from './ops/systemd.ts';
import { loadConfig } from './sections.ts';
import { StoreProblem } from './store/store.ts';
import type { Config, SpoolConfig } from './types.ts';
import { watchConfig } from './watch-config.ts';
import { formatDuration } from './wire/units.ts';
import { wordsOf } from './wire/words.ts';

export type RunParts = {
  /** What -c named. */
  readonly file: string | undefined;
  readonly once: { readonly wait: number } | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly stderr: LogSink & { readonly columns?: number | undefined };
  readonly stop: AbortSignal;
  /** Calls `run` at every order of that kind that the process gets (see cli/io.ts). */
  on(order: 'reload' | 'reopen' | 'tell', run: () => void): void;
};

/**
 * Runs the agent to its end and gives the exit code. Throws ConfigProblems when the configuration is wrong; whatever goes wrong
 * later is said in the agent's own log.
 */
export async function run(parts: RunParts): Promise<number> {
  const { file, once, stderr, stop } = parts;
  const first = readConfig(parts);
  const progress = createProgress({ out: stderr, clock: realClock, what: 'Shipping', say: (told) => log.info(told) });
  const log: AgentLog = createLog({ level: first.log.level, sink: progress.sink, clock: realClock });
  const command = `tailship run${file === undefined ? '' : ` -c ${file}`}${once ? ' --once' : ''}`;
  log.info(
    first.source === undefined
      ? 'No configuration file was found, so the defaults hold.'
      : `The configuration is ${first.source}.`,
  );
  const changes = createChanges(first);
  const supervisor = once ? undefined : supervise(parts, log);
  const unwatch = once ? () => {} : takeOrders(parts, { changes, log, supervisor });
  const seen = followBacklog(progress, once !== undefined, (told) => log.info(told));
  let works: SpoolConfig | undefined;
  try {
    for (;;) {
      const { config } = changes;
      try {
        const code = await runAgent({
          ...{ config, log, clock: realClock, stop, command, once, changes, supervisor, seen },
        });
        if (once && code === 1 && !stop.aborted) sayGivenUp(once.wait, log);
        if (code !== undefined) return code;
        works = config.spool;
      } catch (problem) {
        // A new state that cannot be opened is a bad configuration like any other.
        if (!(problem instanceof StoreProblem) || !works || isDeepStrictEqual(works, config.spool)) throw problem;
        log.answer.error('reload-refused', `${problem.message} The old [spool] goes on.`);
        changes.config = { ...config, spool: works };
      }
    }
  } catch (problem) {
    sayWhy(problem, log);
    return 1;
  } finally {
    progress.end();
    unwatch();
    await supervisor?.close();
    log.flush();
  }
}

function supervise({ env, stop }: RunParts, log: AgentLog): Supervisor | undefined {
  const monotonic = () => process.hrtime.bigint() / 1000n;
  const supervisor = createSupervisor({
    ...{ env, pid: process.pid, clock: realClock, log, monotonic, send: notifySystemd },
  });
  if (supervisor) stop.addEventListener('abort', supervisor.stopping);
  return supervisor;
}

function readConfig({ file, env, cwd }: RunParts): Config {
  return withTlsFiles(loadConfig({ file, env, cwd }), file);
}

type Orders = { readonly changes: Offers; readonly log: AgentLog; readonly supervisor: Supervisor | undefined };

/** Listens to the process's signals and, where the configuration asks for it, to changes of its file. The result ends the latter. */
function takeOrders(parts: RunParts, { changes, log, supervisor }: Orders): () => void {
  function refuse(reason: string, cure: string): void {
    for (const line of reason.split('\n')) log.answer.error('reload-refused', line);
    log.answer.error('reload-refused', `The new configuration is not used; the old one goes on. ${cure}`);
  }
  function reload(cure: string): void {
    supervisor?.reloading();
    try {
      const config = readConfig(parts);
      log.setLevel(config.log.level);
      changes.offer(config);
    } catch (problem) {
      refuse(wordsOf(problem), cure);
      supervisor?.answered();
    }
  }
  parts.on('reload', () => reload('Correct it, and send SIGHUP again.'));
  parts.on('reopen', () => {
    log.answer.info(
      'The log goes to stderr: there is no file to open anew. Whoever takes it, such as journald, rotates it.',
    );
  });
  parts.on('tell', () => changes.onTell?.());
  return watchConfig({
    clock: realClock,
    file: () => (changes.config.agent.reload === 'change' ? changes.config.source : undefined),
    changed(state) {
      const { source } = changes.config;
      if (state === 'written') reload('Correct it: it is read again when it has changed.');
      // Both may be a moment in somebody's writing, and as a configuration they would mean the defaults.
      else if (state === 'empty') refuse(`${source} is empty.`, 'Write it; if the defaults are meant, send SIGHUP.');
      else refuse(`${source} is gone.`, 'Put it back: it is read then.');
    },
  });
}

function sayGivenUp(wait: number, log: AgentLog): void {
  const rest = 'what the servers do not have waits in the spool or in the files, and the next run goes on with it';
  log.warn('not-delivered', `Not all is delivered, and nothing has moved for ${formatDuration(wait)}: ${rest}.`);
}

/** What ends the agent is said in a sentence; where in the code it came from only interests those who asked for `debug`. */
function sayWhy(problem: unknown, log: AgentLog): void {
  const reason = wordsOf(problem);
  if (problem instanceof StoreProblem) log.error(problem.explain, reason);
  else {
    log.error(
      'agent-fault',
      `The agent ended by a fault of its own: ${reason}. Every line is still in its file or in the spool: start it again. ` +
        'With [log] level = debug it says where in the program this was; please report that.',
    );
  }
  if (problem instanceof Error) log.debug('Where the error came from:', { stack: problem.stack });
}
