/** By its name: whether a file is the agent's own. */

/** What SQLite and the agent keep beside the state, and what they set aside or write anew there. */
const BESIDE = /^(?:-wal|-shm|-journal|\.(?:lock|sock|reserve|(?:holder|positions)(?:\.new)?|broken-\d{8}-\d{6}.*))?$/;

/** Whether `file` is the state, or one of the files that belong to it. Both are paths, or names in one folder. */
export const isStateFile = (state: string, file: string): boolean =>
  file.startsWith(state) && BESIDE.test(file.slice(state.length));
