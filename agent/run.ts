/** The composition behind `tailship run`: configuration, own log, agent. */
import { isDeepStrictEqual } from 'node:util';
import { runAgent } from './agent.ts';
import { refuseTlsFiles } from './config-tls.ts';
import { realClock } from './ops/clock.ts';
import { type AgentLog, createLog, type LogSink } from './ops/log.ts';
import { loadConfig } from './sections.ts';
import { StoreProblem } from './store/store.ts';
import type { Config, SpoolConfig } from './types.ts';
import type { Changes } from './walk.ts';

export type RunParts = {
  /** What -c named. */
  readonly file: string | undefined;
  readonly once: { readonly wait: number } | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly stderr: LogSink;
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
  const log = createLog({ level: first.log.level, sink: stderr, clock: realClock });
  const command = `tailship run${file === undefined ? '' : ` -c ${file}`}${once ? ' --once' : ''}`;
  log.info(
    first.source === undefined
      ? 'No configuration file was found, so the defaults hold.'
      : `The configuration is ${first.source}.`,
  );
  const changes = createChanges(first);
  if (!once) listenForOrders(parts, changes, log);
  let works: SpoolConfig | undefined;
  try {
    for (;;) {
      const { config } = changes;
      try {
        const code = await runAgent({ config, log, clock: realClock, stop, command, once, changes });
        if (code !== undefined) return code;
        works = config.spool;
      } catch (problem) {
        // A new state that cannot be opened is a bad configuration like any other.
        if (!(problem instanceof StoreProblem) || !works || isDeepStrictEqual(works, config.spool)) throw problem;
        log.error('reload-refused', `${problem.message} The old [spool] goes on.`);
        changes.config = { ...config, spool: works };
      }
    }
  } catch (problem) {
    sayWhy(problem, log);
    return 1;
  } finally {
    log.flush();
  }
}

function readConfig({ file, env, cwd }: RunParts): Config {
  const loaded = loadConfig({ file, env, cwd });
  refuseTlsFiles(loaded, file);
  return loaded.config;
}

type Offers = Changes & { offer(config: Config): void };

function createChanges(config: Config): Offers {
  let offered: Config | undefined;
  return {
    ...{ config, onOffer: undefined, onTell: undefined },
    take() {
      const taken = offered;
      offered = undefined;
      return taken;
    },
    offer(next) {
      offered = next;
      this.onOffer?.();
    },
  };
}

function listenForOrders(parts: RunParts, changes: Offers, log: AgentLog): void {
  parts.on('reload', () => {
    try {
      const config = readConfig(parts);
      log.setLevel(config.log.level);
      changes.offer(config);
    } catch (problem) {
      const reason = problem instanceof Error ? problem.message : String(problem);
      for (const line of reason.split('\n')) log.error('reload-refused', line);
      log.error(
        'reload-refused',
        'The new configuration is not used; the old one goes on. Correct it, and send SIGHUP again.',
      );
    }
  });
  parts.on('reopen', () => {
    log.info('The log goes to stderr: there is no file to open anew. Whoever takes it, such as journald, rotates it.');
  });
  parts.on('tell', () => changes.onTell?.());
}

/** What ends the agent is said in a sentence; where in the code it came from only interests those who asked for `debug`. */
function sayWhy(problem: unknown, log: AgentLog): void {
  const reason = problem instanceof Error ? problem.message : String(problem);
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
