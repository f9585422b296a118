/** Where output goes. `done` is called when the bytes are out of this process. */
type Sink = {
  write(data: string | Uint8Array, done?: (problem?: Error | null) => void): unknown;
  readonly isTTY?: boolean | undefined;
  /** How wide and high a terminal is; `resize` tells that this changed. */
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  on?(event: 'resize', run: () => void): unknown;
  off?(event: 'resize', run: () => void): unknown;
};

/** What the system can ask a running agent for: to read its configuration anew, to open its log anew, to tell how it is doing. */
type Order = 'reload' | 'reopen' | 'tell';

/** What a command has of the outside world. `main.ts` hands in the real one, a test its own. */
export type Io = {
  readonly stdin: AsyncIterable<Buffer | string> & {
    readonly isTTY?: boolean | undefined;
    /** Whether a terminal gives single keys instead of whole lines. */
    setRawMode?(raw: boolean): unknown;
  };
  /** Data. */
  readonly stdout: Sink;
  /** Talk. `journal`: journald takes it, and so a priority before each line. */
  readonly stderr: Sink & { readonly journal?: boolean | undefined };
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Aborted when the user or the system asks the process to end. */
  readonly stop: AbortSignal;
  /** Calls `run` at every such order. One that nobody listens to stops the process, as far as its signal does that by custom. */
  on(order: Order, run: () => void): void;
};

/** The exit codes of every command. */
export const EXIT = { fine: 0, failed: 1, usage: 2 } as const;
