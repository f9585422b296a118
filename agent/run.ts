/** The composition behind `tailship run`: configuration, own log, agent. */
import { runAgent } from './agent.ts';
import { refuseTlsFiles } from './config-tls.ts';
import { realClock } from './ops/clock.ts';
import { type AgentLog, createLog, type LogSink } from './ops/log.ts';
import { loadConfig } from './sections.ts';
import { StoreProblem } from './store/store.ts';

export type RunParts = {
  /** What -c named. */
  readonly file: string | undefined;
  readonly once: { readonly wait: number } | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly stderr: LogSink;
  readonly stop: AbortSignal;
};

/**
 * Runs the agent to its end and gives the exit code. Throws ConfigProblems when the configuration is wrong; whatever goes wrong
 * later is said in the agent's own log.
 */
export async function run({ file, once, env, cwd, stderr, stop }: RunParts): Promise<number> {
  const loaded = loadConfig({ file, env, cwd });
  refuseTlsFiles(loaded, file);
  const { config } = loaded;
  const log = createLog({ level: config.log.level, sink: stderr, clock: realClock });
  const command = `tailship run${file === undefined ? '' : ` -c ${file}`}${once ? ' --once' : ''}`;
  log.info(
    config.source === undefined
      ? 'No configuration file was found, so the defaults hold.'
      : `The configuration is ${config.source}.`,
  );
  try {
    for (;;) {
      const code = await runAgent({ config, log, clock: realClock, stop, command, once });
      if (code !== undefined) return code;
    }
  } catch (problem) {
    sayWhy(problem, log);
    return 1;
  } finally {
    log.flush();
  }
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
