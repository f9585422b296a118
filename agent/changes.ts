/** How a running agent gets a new configuration or a task, and is asked for its status. */
import type { Config } from './types.ts';

/** Work on the state of some inputs, by name, that is done while nobody reads them; they begin anew from what stands there then. */
export type Task = {
  readonly inputs: readonly string[];
  work(): void;
  /** Called afterwards, with what went wrong. */
  done(problem?: unknown): void;
};

/** Orders to a running agent. */
export type Changes = {
  /** The configuration with which the agent is to be run; a reload writes it down here. */
  config: Config;
  /** The newest one that was offered and not taken yet. */
  take(): Config | undefined;
  /** Hands in a task. */
  ask(task: Task): void;
  /** The oldest task that was not taken yet. */
  task(): Task | undefined;
  /** Called when a configuration is offered or a task handed in, and when the status is to be told in the log. */
  onOffer: (() => void) | undefined;
  onTell: (() => void) | undefined;
};

export type Offers = Changes & { offer(config: Config): void };

/** `config`: the one that the agent begins with. */
export function createChanges(config: Config): Offers {
  let offered: Config | undefined;
  const tasks: Task[] = [];
  return {
    ...{ config, onOffer: undefined, onTell: undefined },
    take() {
      const taken = offered;
      offered = undefined;
      return taken;
    },
    ask(task) {
      tasks.push(task);
      this.onOffer?.();
    },
    task: () => tasks.shift(),
    offer(next) {
      offered = next;
      this.onOffer?.();
    },
  };
}
