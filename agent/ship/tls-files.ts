/** The files of `tls_ca`, `tls_cert` and `tls_key`: read, judged, and a sentence for whatever is wrong with one. */
import process from 'node:process';
import type { TlsConfig } from '../types.ts';
import { readCertificates, readPrivateKey, refuseStrangeKey } from '../wire/pem.ts';
import { wordsOf } from '../wire/words.ts';
import { codeOf } from './reasons.ts';

/** What TLS is set up with, as PEM text. */
export type TlsMaterial = {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
};

/** A file that TLS cannot work with. The message is a sentence that reads on after a colon; `key` is the one of `[syslog]`. */
export class TlsFileProblem extends Error {
  override readonly name = 'TlsFileProblem';
  readonly key: TlsFileKey;
  constructor(key: TlsFileKey, sentence: string) {
    super(sentence);
    this.key = key;
  }
}
export type TlsFileKey = 'tls_ca' | 'tls_cert' | 'tls_key';

/** Reads a file whole, or throws as `fs.readFileSync` does. */
export type ReadFile = (file: string) => Buffer;

/** Reads and judges all that is configured; throws a TlsFileProblem for the first that is wrong. */
export function readTlsFiles(tls: TlsConfig, read: ReadFile): TlsMaterial {
  const ca = textOf('tls_ca', tls.ca, read);
  const cert = textOf('tls_cert', tls.cert, read);
  const key = textOf('tls_key', tls.key, read);
  if (ca !== undefined) judge('tls_ca', () => readCertificates(ca, tls.ca!));
  if (cert === undefined || key === undefined) return { ca, cert, key };
  const [own] = judge('tls_cert', () => readCertificates(cert, tls.cert!));
  const secret = judge('tls_key', () => readPrivateKey(key, tls.key!));
  judge('tls_key', () => refuseStrangeKey(own!, tls.cert!, secret, tls.key!));
  return { ca, cert, key };
}

function judge<T>(key: TlsFileKey, look: () => T): T {
  try {
    return look();
  } catch (error) {
    throw new TlsFileProblem(key, wordsOf(error));
  }
}

function textOf(key: TlsFileKey, file: string | undefined, read: ReadFile): string | undefined {
  if (file === undefined) return undefined;
  try {
    return read(file).toString('latin1');
  } catch (error) {
    throw new TlsFileProblem(key, unreadable(file, error));
  }
}

function unreadable(file: string, error: unknown): string {
  switch (codeOf(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return `there is no file ${file}. Correct the path, or put the file there.`;
    case 'EISDIR':
      return `${file} is a directory. Name a file in it.`;
    case 'EACCES':
    case 'EPERM':
      return `${file} may not be read by this user (uid ${process.getuid?.() ?? 'unknown'}). Give the user read rights to it and to its folders.`;
    default:
      return `${file} cannot be read (${error instanceof Error ? error.message : error}).`;
  }
}
