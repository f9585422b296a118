/** Wakes the agent's loop. Rings between two waits are not lost, and many rings are one. */
export type Bell = {
  ring(): void;
  /**
   * Resolves at the next ring, or at once if it has rung since the last wait; after `ms` at the latest where given. Tells whether it
   * has rung.
   */
  rung(ms?: number): Promise<boolean>;
};

export function createBell(): Bell {
  let rang = false;
  let wake: (() => void) | undefined;
  return {
    ring() {
      rang = true;
      wake?.();
    },
    async rung(ms) {
      if (!rang) {
        await new Promise<void>((resolve) => {
          const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
        wake = undefined;
      }
      const did = rang;
      rang = false;
      return did;
    },
  };
}
