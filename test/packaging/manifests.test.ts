import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { parse, parseAllDocuments } from 'yaml';
import { loadConfig } from '../../agent/sections.ts';
import { ROOT } from '../harness/agent.ts';
import { scene } from '../harness/temp.ts';

const call = promisify(execFile);

type Model = new (data: object) => { validate(): void };
const MODELS: Readonly<Record<string, () => Promise<object>>> = {
  v1: () => import('kubernetes-models/v1'),
  'apps/v1': () => import('kubernetes-models/apps/v1'),
};

/** Seconds in which a stop delivers or spools, as `tailship run --help` says. */
const STOP = 5;

type Container = {
  readonly name: string;
  readonly image: string;
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly resources: { readonly limits: Readonly<Record<string, string>> };
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }[];
  readonly livenessProbe: { readonly httpGet: { readonly path: string; readonly port: string } };
  readonly lifecycle?: { readonly preStop: { readonly exec: { readonly command: readonly string[] } } };
};
type Manifest = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly data?: Readonly<Record<string, string>>;
  readonly spec: {
    readonly selector: { readonly matchLabels: unknown };
    readonly template: {
      readonly metadata: { readonly labels: unknown };
      readonly spec: {
        readonly terminationGracePeriodSeconds: number;
        readonly volumes: readonly { readonly name: string }[];
        readonly initContainers?: readonly Container[];
        readonly containers: readonly Container[];
      };
    };
  };
};

const read = (file: string) => fs.readFileSync(path.join(ROOT, 'packaging', file), 'utf8');

for (const file of ['sidecar.yaml', 'daemonset.yaml']) {
  const documents = parseAllDocuments(read(`kubernetes/${file}`));
  const manifests = documents.map((document) => document.toJS() as Manifest);
  const workload = manifests.find(({ kind }) => ['Deployment', 'DaemonSet'].includes(kind))!;
  const pod = workload.spec.template.spec;
  const agent = [...(pod.initContainers ?? []), ...pod.containers].find(({ name }) => name === 'tailship')!;

  test(`${file}: YAML, selectors, volumes and the version fit together`, () => {
    for (const document of documents) assert.deepEqual(document.errors, []);
    assert.deepEqual(workload.spec.selector.matchLabels, workload.spec.template.metadata.labels);
    const volumes = pod.volumes.map(({ name }) => name);
    for (const { name } of agent.volumeMounts) assert.ok(volumes.includes(name), name);
    const { version } = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { version: string };
    assert.equal(agent.image, `tailship:${version}`);
  });

  test(`${file}: the agent has time to stop, limits, few rights, and a place of its own for the spool`, () => {
    const wait = Number(agent.lifecycle?.preStop.exec.command.at(-1) ?? 0);
    assert.ok(
      pod.terminationGracePeriodSeconds > STOP + wait,
      'the grace period is longer than hook and stop together',
    );
    assert.ok(agent.resources.limits.memory !== undefined);
    assert.deepEqual(agent.securityContext.capabilities, { drop: ['ALL'] });
    assert.deepEqual(agent.securityContext.seccompProfile, { type: 'RuntimeDefault' });
    assert.equal(agent.securityContext.readOnlyRootFilesystem, true);
    assert.equal(agent.securityContext.allowPrivilegeEscalation, false);
    assert.ok(agent.volumeMounts.some((one) => one.mountPath === '/var/lib/tailship' && one.readOnly !== true));
    assert.ok(agent.volumeMounts.some((one) => one.mountPath.startsWith('/var/log') && one.readOnly === true));
    assert.equal(agent.livenessProbe.httpGet.path, '/healthz');
  });

  test(`${file}: every object is as Kubernetes' own schema has it, without a key that it does not know`, async (t) => {
    for (const { apiVersion, kind, ...rest } of manifests) {
      const models = (await MODELS[apiVersion]!()) as Readonly<Record<string, Model>>;
      // Types, formats and words; it throws.
      new models[kind]!({ apiVersion, kind, ...rest }).validate();
    }
    assert.equal(await wrongWithTypes(t, manifests), '');
    const slip = structuredClone(manifests);
    Object.assign(slip.find(({ kind }) => kind === workload.kind)!.spec.template.spec.containers[0]!, {
      readinesProbe: {},
    });
    assert.match(await wrongWithTypes(t, slip), /'"readinesProbe"' does not exist in type 'IContainer'/);
  });

  test(`${file}: the configuration in it is right`, () => {
    const text = manifests.find(({ kind }) => kind === 'ConfigMap')!.data!['config.conf']!;
    const { config } = loadConfig({
      file: '/etc/tailship/config.conf',
      env: {},
      cwd: '/',
      read: () => Buffer.from(text),
    });
    assert.equal(config.spool.path, '/var/lib/tailship/spool.db');
    assert.equal(config.status.listen?.port, 9514);
    assert.equal(config.agent.reload, 'change', 'a changed ConfigMap is taken over');
    const mount = agent.volumeMounts.find(({ mountPath }) => mountPath === '/etc/tailship');
    assert.ok(mount && !('subPath' in mount), 'a file mounted by subPath is never changed by kubelet');
  });
}

/**
 * What TypeScript says against the manifests as literals of the types that are made from Kubernetes' schema: unlike a validator
 * it knows every key that may be there.
 */
async function wrongWithTypes(t: Parameters<typeof scene>[0], manifests: readonly Manifest[]): Promise<string> {
  const s = scene(t);
  fs.symlinkSync(path.join(ROOT, 'node_modules'), s.at('node_modules'));
  const imports = manifests.map(
    ({ apiVersion, kind }, i) => `import type { I${kind} as Type${i} } from 'kubernetes-models/${apiVersion}';\n`,
  );
  const literals = manifests.map(
    (one, i) => `export const manifest${i}: Type${i} = ${JSON.stringify(one, null, 1)};\n`,
  );
  fs.writeFileSync(s.at('manifests.ts'), [...imports, ...literals].join(''));
  const options = [
    '--noEmit',
    '--strict',
    '--module',
    'nodenext',
    '--skipLibCheck',
    '--ignoreConfig',
    s.at('manifests.ts'),
  ];
  const { stdout } = await call(path.join(ROOT, 'node_modules/.bin/tsc'), options, { cwd: s.dir }).catch(
    (failed) => failed,
  );
  return stdout;
}

test('compose: the application, the agent and the server share what they must, and its settings are right', () => {
  const { services, volumes } = parse(read('compose/compose.yaml'));
  assert.deepEqual(Object.keys(services), ['app', 'tailship', 'syslog']);
  assert.deepEqual(Object.keys(volumes), ['logs', 'spool']);
  assert.ok(
    services.app.volumes.includes('logs:/var/log/app') && services.tailship.volumes.includes('logs:/var/log/app:ro'),
  );
  assert.ok(Number.parseInt(services.tailship.stop_grace_period, 10) > STOP);
  const { config } = loadConfig({ file: undefined, env: services.tailship.environment, cwd: '/nowhere' });
  assert.deepEqual(
    config.destinations[0]!.link.targets.map(({ url }) => url),
    ['tcp://syslog:514'],
  );
});

test('the image runs as a user of its own, and says how it is', () => {
  const text = fs.readFileSync(path.join(ROOT, 'Dockerfile'), 'utf8');
  assert.match(text, /^USER node$/m);
  assert.match(text, /^HEALTHCHECK .*CMD \["node", "\/opt\/tailship\/dist\/main\.js", "status", "--json"\]$/m);
  assert.match(text, /^STOPSIGNAL SIGTERM$/m);
  const ignored = fs.readFileSync(path.join(ROOT, '.dockerignore'), 'utf8').split('\n');
  for (const [, files] of text.matchAll(/^COPY (?!--from)(?!\. \.)(.*) \.\/$/gm)) {
    for (const file of files!.split(' ')) assert.ok(ignored.includes(`!${file}`), file);
  }
});
