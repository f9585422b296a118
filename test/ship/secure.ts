/** What the suites need to run over TLS as over plain TCP: a certificate authority of the run's own, and servers certified by it. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, type TestContext } from 'node:test';
import type { LinkConfig } from '../../agent/types.ts';
import { certificates, writeCertificate } from '../harness/certificates.ts';
import { type ServerSetup, startTcp, type Treatment } from './servers.ts';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tailship-'));
after(() => fs.rmSync(folder, { recursive: true }));
const { authority, server: certified } = certificates();
const ca = writeCertificate(folder, 'authority', authority).cert;

export const TLS: Pick<LinkConfig, 'tls'> = { tls: { ca, cert: undefined, key: undefined, verify: true } };

export type StreamScheme = 'tcp' | 'tls' | 'relp' | 'relps';

/** A server of the scheme: with TLS where that wants it, and with RELP, to which it answers 200 OK if not told otherwise. */
export function startStream(t: TestContext, scheme: StreamScheme, treat?: Treatment, setup: ServerSetup = {}) {
  const { cert, key } = certified;
  return startTcp(t, treat, {
    ...(scheme === 'tls' || scheme === 'relps' ? { secure: { cert, key } } : {}),
    ...(scheme === 'relp' || scheme === 'relps' ? { answers: () => '200 OK' } : {}),
    ...setup,
  });
}
