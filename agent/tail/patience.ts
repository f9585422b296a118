/**
 * The file system as an input asks it: where the process may open no more files room is made, and what is refused for the moment
 * is counted, so that nothing is made of half an answer.
 */
import { codeOf, type Files } from './files.ts';

export type PatientFiles = Files & {
  /** How often something was refused that may be granted soon; another number than before a look: it did not see all. */
  refusals(): number;
};

const NO_ROOM: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE']);
/** Errors of the host, the device or the file server, as against of what is asked for: rights, names. */
const PASSING: ReadonlySet<string> = new Set([...NO_ROOM, 'ENOMEM', 'EIO', 'EINTR', 'EAGAIN', 'ETIMEDOUT', 'ENOTCONN']);

/** `makeRoom` closes some open files; it gives false where there are none to spare. */
export function patient(files: Files, makeRoom: () => boolean): PatientFiles {
  let refusals = 0;
  const counting =
    <A extends unknown[], R>(call: (...given: A) => R) =>
    (...given: A): R => {
      try {
        return call(...given);
      } catch (error) {
        if (NO_ROOM.has(codeOf(error)) && makeRoom()) return call(...given);
        if (PASSING.has(codeOf(error))) refusals += 1;
        throw error;
      }
    };
  return {
    stat: counting(files.stat),
    lstat: counting(files.lstat),
    fstat: counting(files.fstat),
    open: counting(files.open),
    read: counting(files.read),
    list: counting(files.list),
    real: counting(files.real),
    close: files.close,
    refusals: () => refusals,
  };
}
