/** The presets nginx and apache on what a real nginx and a real Apache write about requests, good and bad. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import process from 'node:process';
import { test } from 'node:test';
import { guessPattern } from '../../agent/shape/guess.ts';
import { compilePattern, groupOf } from '../../agent/shape/pattern.ts';
import { readWrittenTime } from '../../agent/shape/writtentime.ts';
import { freePort, listens, programPath, start } from '../harness/processes.ts';
import { needsParts } from '../harness/system.ts';
import { type Scene, scene } from '../harness/temp.ts';
import { until } from '../harness/wait.ts';

/** Requests that a server logs: whole ones, one with quotes in its header, an absent file, rubbish. */
async function ask(port: number): Promise<void> {
  const url = `http://127.0.0.1:${port}`;
  await fetch(`${url}/`);
  await fetch(`${url}/there?a=b%20c`, {
    headers: { 'user-agent': 'Odd "agent" \\ é'.replace('é', '\xe9'), referer: `${url}/x` },
  });
  await fetch(`${url}/absent`, { method: 'DELETE', headers: { authorization: `Basic ${btoa('bob:x')}` } });
  await new Promise<void>((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.end('\x16\x03rubbish "\\\r\n\r\n'));
    socket
      .on('close', () => resolve())
      .on('error', () => resolve())
      .resume();
  });
}

/** Ends the server in order: its workers would outlive a kill, and keep its output open. */
function serve(s: Scene, program: string, args: readonly string[]): void {
  const server = start(s, program, args);
  s.atEnd(async () => {
    server.signal('SIGTERM');
    await server.exited;
  });
}

/** Every line matches, has a time that can be read, and the groups that `finds` names. */
function assertTaken(builtin: string, lines: readonly string[], finds: readonly string[]): void {
  const { match, groups } = compilePattern({ builtin });
  for (const line of lines) {
    const found = match(line);
    assert.ok(found, `${builtin} does not match ${line}`);
    const take = (name: string) => groupOf(found, groups.get(name)) ?? '';
    assert.ok(readWrittenTime(take('time')), line);
    for (const name of finds) assert.notEqual(take(name), '', `${name} in ${line}`);
  }
}

const linesOf = (file: string) => (fs.existsSync(file) ? fs.readFileSync(file, 'latin1').split('\n').slice(0, -1) : []);

async function tryServer(s: Scene, builtin: 'nginx' | 'apache', port: number): Promise<void> {
  await until(`${builtin} listens`, () => listens(port), {
    patience: 20_000,
    told: () => linesOf(s.at('error.log')).join('\n'),
  });
  await ask(port);
  const access = s.at('access.log');
  const error = s.at('error.log');
  await until('all requests are logged', () => linesOf(access).length >= 4 && linesOf(error).length >= 1, {
    patience: 20_000,
    told: () => [...linesOf(access), ...linesOf(error)].join('\n'),
  });
  const accessed = linesOf(access);
  assertTaken(builtin, accessed, ['client', 'status']);
  assertTaken(builtin, linesOf(error), ['level', 'msg']);
  assert.deepEqual(
    accessed.slice(0, 3).map((line) => compilePattern({ builtin }).match(line) !== null),
    [true, true, true],
  );
  const agents = accessed.map((line) => {
    const { match, groups } = compilePattern({ builtin });
    return groupOf(match(line)!, groups.get('agent'));
  });
  assert.ok(
    agents.some((agent) => agent?.startsWith('Odd ')),
    agents.join('\n'),
  );
  for (const lines of [accessed, linesOf(error)]) assert.ok(guessPattern(lines).best);
}

test('nginx: access and error log', needsParts('nginx-light'), async (t) => {
  const s = scene(t);
  const port = await freePort();
  fs.writeFileSync(s.at('index.html'), 'x');
  fs.writeFileSync(
    s.at('nginx.conf'),
    `daemon off; pid ${s.at('pid')}; error_log ${s.at('error.log')} info; ${process.getuid?.() === 0 ? 'user root;' : ''}
events {}
http { access_log ${s.at('access.log')};
  client_body_temp_path ${s.at('b')}; proxy_temp_path ${s.at('p')}; fastcgi_temp_path ${s.at('f')};
  uwsgi_temp_path ${s.at('u')}; scgi_temp_path ${s.at('s')};
  server { listen 127.0.0.1:${port}; root ${s.dir}; } }\n`,
  );
  serve(s, programPath('nginx') ?? '', ['-c', s.at('nginx.conf'), '-e', s.at('error.log'), '-p', s.dir]);
  await tryServer(s, 'nginx', port);
});

test('Apache: access and error log', needsParts('apache2'), async (t) => {
  const s = scene(t);
  const port = await freePort();
  fs.writeFileSync(s.at('index.html'), 'x');
  const module = (name: string) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so\n`;
  fs.writeFileSync(
    s.at('apache.conf'),
    `${module('mpm_event')}${module('authz_core')}ServerName localhost
ServerRoot ${s.dir}
PidFile ${s.at('pid')}
DefaultRuntimeDir ${s.dir}
Mutex file:${s.dir}
Listen 127.0.0.1:${port}
DocumentRoot ${s.dir}
LogLevel info
ErrorLog ${s.at('error.log')}
CustomLog ${s.at('access.log')} "%h %l %u %t \\"%r\\" %>s %O \\"%{Referer}i\\" \\"%{User-Agent}i\\""
${process.getuid?.() === 0 ? 'User www-data\nGroup www-data\n' : ''}`,
  );
  serve(s, programPath('apache2') ?? '', ['-f', s.at('apache.conf'), '-DFOREGROUND']);
  await tryServer(s, 'apache', port);
});
