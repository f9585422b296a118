/** How a running agent gets a new configuration, and is asked for its status. */
import type { Config } from './types.ts';

/** Orders to a running agent. */
export type Changes = {
  /** The configuration with which the agent is to be run; a reload writes it down here. */
  config: Config;
  /** The newest one that was offered and not taken yet. */
  take(): Config | undefined;
  /** Called when one is offered, and when the status is to be told in the log. */
  onOffer: (() => void) | undefined;
  onTell: (() => void) | undefined;
};

export type Offers = Changes & { offer(config: Config): void };

/** `config`: the one that the agent begins with. */
export function createChanges(config: Config): Offers {
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
