import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, type TestContext, test } from 'node:test';
import type tls from 'node:tls';
import { realSockets } from '../../agent/ship/sockets.ts';
import { createTls } from '../../agent/ship/tls.ts';
import { readTlsFiles } from '../../agent/ship/tls-files.ts';
import type { Address, Session } from '../../agent/ship/transport.ts';
import type { LinkConfig } from '../../agent/types.ts';
import { certificate, certificates, writeCertificate } from '../harness/certificates.ts';
import { until } from '../harness/wait.ts';
import { startCarrier } from './carrier.ts';
import { batchOf, createKeptEvents, createKeptLog, createTurnedClock, linkOf, targetOf } from './parts.ts';
import { startTcp } from './servers.ts';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tailship-'));
after(() => fs.rmSync(folder, { recursive: true }));
const { authority, server, client } = certificates();
const ca = writeCertificate(folder, 'authority', authority).cert;
const own = writeCertificate(folder, 'client', client);
const NONE = { ca: undefined, cert: undefined, key: undefined, verify: true };

/** Connects as the link does. `hold` is the clock's hand where a wait must pass. */
async function connect(t: TestContext, port: number, more: Partial<LinkConfig['tls']> = {}, name = 'localhost') {
  const clock = { ...createTurnedClock(), now: Date.now };
  const log = createKeptLog();
  const events = createKeptEvents();
  const link = linkOf(targetOf('tls', port), { tls: { ...NONE, ca, ...more } });
  const transport = createTls({ link, sockets: realSockets, clock, log });
  const address: Address = { host: '127.0.0.1', port, family: 4, name };
  const connecting = transport.connect(address, { signal: new AbortController().signal, probe: undefined }, events);
  const session = connecting.then(
    (made: Session) => {
      t.after(made.close);
      return made;
    },
    (error: Error) => error.message,
  );
  return { session, clock, log, events };
}

/** The sentence with which a connect to such a server fails. */
async function failure(
  t: TestContext,
  options: tls.TlsOptions,
  more: Partial<LinkConfig['tls']> = {},
  name?: string,
): Promise<string> {
  const { port } = await startTcp(t, undefined, { secure: options });
  const { session } = await connect(t, port, more, name);
  const made = await session;
  assert.equal(typeof made, 'string', 'the connection was made');
  return made as string;
}

/** The sentence with which a session ends that a server lets begin and then refuses, as TLS 1.3 has it. */
async function refusal(t: TestContext, options: tls.TlsOptions, more: Partial<LinkConfig['tls']> = {}) {
  const { port } = await startTcp(t, undefined, { secure: options });
  const { session, events } = await connect(t, port, more);
  const made = await session;
  if (typeof made === 'string') return made;
  await until('the session has ended', () => events.end !== undefined);
  assert.equal(events.settledBatches, 0);
  return events.end!.reason;
}

test('a server whose certificate is signed by the authority in tls_ca and bears its name is trusted', async (t) => {
  const { port, received } = await startTcp(t, undefined, { secure: server });
  for (const name of ['localhost', '127.0.0.1']) {
    const made = await (await connect(t, port, {}, name)).session;
    assert.ok(typeof made !== 'string', String(made));
    made.write(batchOf([`<13>7 ${'x'.repeat(20)}`]));
  }
  await until('both have arrived', () => received.length === 2);
});

test('a certificate that has expired', async (t) => {
  const old = certificate({ name: 'old.test', by: authority, names: ['localhost'], days: [-30, -2] });
  assert.match(
    await failure(t, old),
    /^the server's certificate has expired, it was valid until \d{4}-\d\d-\d\dT\d\d:\d\dZ: it must be renewed, unless this machine's clock is wrong$/,
  );
});

test('an authority that has expired is named', async (t) => {
  const old = certificate({ name: 'Old Authority', authority: true, days: [-30, -2] });
  const below = certificate({ name: 'log.test', by: old, names: ['localhost'] });
  const trusted = writeCertificate(folder, 'old-authority', old).cert;
  assert.match(
    await failure(t, below, { ca: trusted }),
    /^the authority Old Authority has expired, it was valid until/,
  );
});

test('a certificate that is not valid yet', async (t) => {
  const young = certificate({ name: 'young.test', by: authority, names: ['localhost'], days: [2, 30] });
  assert.match(
    await failure(t, young),
    /^the server's certificate is not valid before \d{4}-.+: is this machine's clock right$/,
  );
});

test('a certificate for another name', async (t) => {
  const other = certificate({ name: 'other.test', by: authority, names: ['other.test', 'log.test'] });
  assert.equal(
    await failure(t, other),
    "the server's certificate is for other.test, log.test and not for the name localhost: write in target what it is for, or let it be made anew",
  );
  assert.match(await failure(t, other, {}, '127.0.0.1'), /and not for the address 127\.0\.0\.1: /);
});

test('a certificate that names nobody but in its CN', async (t) => {
  const bare = certificate({ name: 'localhost2', by: authority });
  assert.match(await failure(t, bare), /is for nobody but the CN localhost2, which does not count and not for/);
});

test('a certificate from an authority that is not in tls_ca', async (t) => {
  const strange = certificate({ name: 'Strange Authority', authority: true });
  const below = certificate({ name: 'log.test', by: strange, names: ['localhost'] });
  assert.equal(
    await failure(t, below),
    `the server's certificate is signed by Strange Authority, which is not in ${ca}: name the file with that authority in tls_ca, or let the server send the certificates between as well`,
  );
  const whole = { key: below.key, cert: below.cert + strange.cert };
  assert.equal(
    await failure(t, whole),
    `the server's certificate comes from the authority Strange Authority, which is not in ${ca}: name the file with that authority in tls_ca`,
  );
  assert.match(await failure(t, below, { ca: undefined }), /which is not in the system's authorities: /);
});

test('an authority of the same name that did not sign it', async (t) => {
  const twin = certificate({ name: 'Test Authority', authority: true });
  const below = certificate({ name: 'log.test', by: twin, names: ['localhost'] });
  assert.match(await failure(t, below), /bears the name of an authority in .+, but not its signature: /);
});

test('a certificate that is signed by itself, which is trusted once it is in tls_ca', async (t) => {
  const alone = certificate({ name: 'alone.test', names: ['localhost'] });
  assert.equal(
    await failure(t, alone),
    `the server's certificate is signed by nobody but itself and is not in ${ca}: if it is the right one, name a file with it in tls_ca`,
  );
  const { port } = await startTcp(t, undefined, { secure: alone });
  const trusted = writeCertificate(folder, 'alone', alone).cert;
  assert.equal(typeof (await (await connect(t, port, { ca: trusted })).session), 'object');
});

for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
  const asking = { ...server, ca: authority.cert, requestCert: true, maxVersion };

  test(`a server of ${maxVersion} that wants a client certificate, which is not there`, async (t) => {
    assert.match(await refusal(t, asking), /the server wants the agent's certificate: set tls_cert and tls_key$/);
  });

  test(`a server of ${maxVersion} that does not accept the client certificate`, async (t) => {
    const strange = writeCertificate(folder, 'strange', certificate({ name: 'strange.test' }));
    assert.match(
      await refusal(t, asking, strange),
      /the server (refused|does not accept) the agent's certificate .+strange\.pem/,
    );
  });

  test(`a server of ${maxVersion} that gets the client certificate it wants`, async (t) => {
    const { port, received } = await startTcp(t, undefined, { secure: asking });
    const made = await (await connect(t, port, own)).session;
    assert.ok(typeof made !== 'string', String(made));
    made.write(batchOf([`<13>7 ${'x'.repeat(20)}`]));
    await until('it has arrived', () => received.length === 1);
  });
}

test('a server that speaks TLS 1.1 at most', async (t) => {
  const old = { ...server, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' } as const;
  assert.equal(
    await failure(t, old),
    'the server offers no version of TLS that is safe to use: 1.2 and 1.3 are, so raise what it allows',
  );
});

/** A server of anything but TLS. */
async function plain(t: TestContext, serve: (socket: net.Socket) => void): Promise<number> {
  const listening = net.createServer((socket) => {
    t.after(() => socket.destroy());
    socket.on('error', () => {});
    serve(socket);
  });
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  t.after(() => listening.close());
  return (listening.address() as net.AddressInfo).port;
}

test('a server that answers with something else than TLS', async (t) => {
  const port = await plain(t, (socket) => void socket.write('220 mail.test ESMTP\r\n'));
  assert.match(
    String(await (await connect(t, port)).session),
    /^what answers there does not speak TLS: if it is a plain TCP port, write tcp:\/\/ in target/,
  );
});

test('a plain syslog port, which takes the handshake for a message and says nothing', async (t) => {
  let came = 0;
  const port = await plain(t, (socket) => {
    socket.on('data', (bytes) => {
      came += bytes.length;
    });
  });
  const { session, clock } = await connect(t, port);
  await until('the handshake has begun', () => came > 0);
  await clock.turn(10_000);
  assert.equal(
    await session,
    'no answer to the TLS handshake within 10s: if it is a plain TCP port, write tcp:// in target',
  );
});

test('a server that hangs up on the handshake', async (t) => {
  const port = await plain(t, (socket) => void socket.on('data', () => socket.destroy()));
  assert.match(
    String(await (await connect(t, port)).session),
    /^the server closed the connection during the TLS handshake: either this is no port for TLS, or the server wants/,
  );
});

test('tls_verify = off trusts anybody, and says so', async (t) => {
  const alone = certificate({ name: 'alone.test', days: [-30, -2] });
  const { port } = await startTcp(t, undefined, { secure: alone });
  const { session, log } = await connect(t, port, { verify: false });
  assert.equal(typeof (await session), 'object');
  assert.match(
    log.said.join('\n'),
    /^warn: tls_verify = off: whoever answers for tls:\/\/127\.0\.0\.1:\d+ is believed\./,
  );
});

test('the files are read again at each connect', async (t) => {
  const later = path.join(folder, 'later.pem');
  const made = await startTcp(t, undefined, { secure: server });
  fs.writeFileSync(later, certificate({ name: 'Strange Authority', authority: true }).cert);
  const carrier = startCarrier(t, targetOf('tls', made.port), { tls: { ...NONE, ca: later } });
  carrier.offer(10, 5);
  await until('the link is down', () => carrier.shipper.link() === 'down');
  assert.match(carrier.downs[0]!.reason, /which is not in .+later\.pem/);
  fs.rmSync(later);
  await until(
    'the absence is told',
    () => carrier.shipper.status().problem?.includes(`there is no file ${later}`) ?? false,
  );
  fs.writeFileSync(later, authority.cert);
  await until('all has settled', () => carrier.settled.length === 10);
});

test('what is wrong with the files themselves has a sentence each', () => {
  const file = (name: string, text: string) => {
    fs.writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };
  const says = (tls: Partial<LinkConfig['tls']>) => {
    try {
      readTlsFiles({ ...NONE, ...tls }, fs.readFileSync);
    } catch (error) {
      return `${(error as { key?: string }).key}: ${(error as Error).message}`;
    }
    return 'nothing';
  };
  const damaged = authority.cert.replace('\nM', '\nN');
  const encrypted = '-----BEGIN ENCRYPTED PRIVATE KEY-----\nMII=\n-----END ENCRYPTED PRIVATE KEY-----\n';
  const other = writeCertificate(folder, 'other', certificate({ name: 'other.test' }));
  assert.equal(says({ ca, ...own }), 'nothing');
  assert.match(says({ ca: '/no/such.pem' }), /^tls_ca: there is no file \/no\/such\.pem\. Correct the path/);
  assert.match(says({ ca: folder }), /^tls_ca: .+ is a directory\. Name a file in it\.$/);
  assert.match(says({ ca: file('empty', '') }), /^tls_ca: .+ holds no certificate in PEM form: /);
  assert.match(says({ ca: own.key }), /^tls_ca: .+ holds a private key and no certificate: /);
  assert.match(says({ ca: file('bad', authority.cert + damaged) }), /^tls_ca: certificate 2 in .+bad is damaged\. /);
  assert.match(says({ ...own, key: own.cert }), /^tls_key: .+ holds no private key in PEM form: /);
  assert.match(
    says({ ...own, key: file('locked', encrypted) }),
    /^tls_key: .+ encrypted with a passphrase.+openssl pkey -in /,
  );
  assert.match(
    says({ ...own, key: file('torn', own.key.slice(0, 0) + client.key.replace('\nM', '\nN')) }),
    /^tls_key: the key in .+torn is damaged\. /,
  );
  assert.match(
    says({ cert: own.cert, key: other.key }),
    /^tls_key: the key in .+other\.key does not belong to the first certificate in .+client\.pem \(web-1\.test\)\. Name the key/,
  );
});
