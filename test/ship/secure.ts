/** What the suites need to run over TLS as over plain TCP: a certificate authority of the run's own, and servers certified by it. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, type TestContext } from 'node:test';
import type { LinkConfig } from '../../agent/types.ts';
import { certificates, writeCertificate } from '../harness/certificates.ts';
import { type Answers, relpTreatment, startTcp, type Treatment } from './servers.ts';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tailship-'));
after(() => fs.rmSync(folder, { recursive: true }));
const { authority, server: certified } = certificates();
const ca = writeCertificate(folder, 'authority', authority).cert;

export const TLS: Pick<LinkConfig, 'tls'> = { tls: { ca, cert: undefined, key: undefined, verify: true } };

/** A TCP server, with TLS where the scheme wants it. */
export const startStream = (t: TestContext, scheme: 'tcp' | 'tls' | 'relp' | 'relps', treat?: Treatment) =>
  startTcp(t, treat, scheme === 'tls' || scheme === 'relps' ? { cert: certified.cert, key: certified.key } : undefined);

/** A server that speaks RELP, plain or over TLS. */
export const startRelp = (t: TestContext, scheme: 'relp' | 'relps', answers: Answers = () => '200 OK') =>
  startStream(t, scheme, relpTreatment(answers));
