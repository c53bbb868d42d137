import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { readConfig } from '../../src/config.ts';
import { generateFernetKey } from '../../src/core/fernet.ts';

const ROOT = join(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const settings = parseEnv(read('.env.example'));
const nodes = parseEnv(read('deploy/gatehouse.env.example'));
const grace = (environment: Readonly<Record<string, unknown>>): number => Number(environment.SHUTDOWN_GRACE);
const seconds = (text: unknown): number => Number(/^(\d+)s$/.exec(String(text))?.[1]);

/** Throws where production would refuse these settings. */
const start = (environment: Readonly<Record<string, string | undefined>>) =>
  readConfig(
    {},
    {
      NODE_ENV: 'production',
      ...environment,
      GATEHOUSE_KEYS: generateFernetKey(),
      STORE_URL: String(environment.STORE_URL).replace('<password>', 'word'),
    },
  );

const unknown = (names: Iterable<string>): readonly string[] => [...names].filter((name) => !(name in settings));

describe('docker-compose.yml', () => {
  const { services, networks } = parse(read('docker-compose.yml'), { merge: true });

  it('opens no port but those of nginx', () => {
    const open = Object.entries<{ ports?: string[] }>(services).filter(([, { ports }]) => ports !== undefined);
    expect(open.map(([name]) => name)).toEqual(['nginx']);
    expect([services.redis.networks, networks.inner.internal]).toEqual([['inner'], true]);
  });

  it('gives no service more than it needs, and each a health check and a bounded log', () => {
    for (const service of Object.values(services)) {
      expect(service).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        healthcheck: { test: expect.anything() },
        logging: { options: { 'max-size': '10m', mode: 'non-blocking' } },
        mem_limit: expect.anything(),
      });
      expect(service).not.toHaveProperty('environment');
      expect(service).not.toHaveProperty('privileged');
    }
  });

  it('gives the nodes longer to end than they take, and sends traffic to those that are ready', () => {
    for (const node of [services.node1, services.node2]) {
      expect(seconds(node.stop_grace_period)).toBeGreaterThan(grace(nodes));
      expect([node.init, node.healthcheck.test.at(-1)]).toEqual([true, 'readyz']);
    }
    const addresses = [services.node1, services.node2].map(({ networks: own }) => own.inner.ipv4_address);
    expect(new Set(addresses).size).toBe(2);
  });

  it('mounts files that are there, or that its first lines tell how to make', () => {
    const mounted = Object.values<{ volumes?: string[]; env_file?: string[] }>(services).flatMap(
      ({ volumes = [], env_file = [] }) => [...volumes.filter((text) => text.startsWith('./')), ...env_file],
    );
    const own = mounted.map((text) => text.split(':')[0]?.replace('./', '') ?? '');
    const missing = own.filter((file) => !existsSync(join(ROOT, file)) && !existsSync(join(ROOT, `${file}.example`)));
    expect(new Set(missing)).toEqual(new Set(existsSync(join(ROOT, 'deploy/tls')) ? [] : ['deploy/tls']));
  });

  it('keeps the records of Redis through a crash, and evicts none', () => {
    const lines = read('deploy/redis.conf').split('\n');
    expect(lines).toEqual(
      expect.arrayContaining(['appendonly yes', 'appendfsync always', 'maxmemory-policy noeviction']),
    );
    expect(lines.some((line) => line.startsWith('requirepass'))).toBe(false);
  });
});

describe('the settings of a deployment', () => {
  it('are settings, which production accepts', () => {
    expect(unknown(Object.keys(nodes))).toEqual([]);
    expect(start(nodes)).toMatchObject({ trustProxyHops: 1, shutdownGrace: 25, readyDelay: 1 });
  });

  it('have no secret in them', () => {
    expect(nodes.GATEHOUSE_KEYS).toBe('');
    expect(nodes.STORE_URL).toContain('<password>');
    expect(parseEnv(read('deploy/redis.env.example'))).toEqual({ REDIS_PASSWORD: '' });
  });

  it('agree with nginx about the size of a message', () => {
    expect(read('deploy/nginx.conf')).toContain(`client_max_body_size ${settings.BODY_LIMIT};`);
  });
});

describe('Dockerfile', () => {
  const text = read('Dockerfile');
  const stages = text.split(/^FROM /m).slice(1);
  const last = stages.at(-1) ?? '';

  it('builds on the slim image of Node 24 and runs as nobody in particular', () => {
    expect(stages.map((stage) => stage.split(/\s/)[0])).toEqual(Array(3).fill('node:24-slim'));
    expect(last).toMatch(/^USER node$/m);
    expect(last).toMatch(/^ENTRYPOINT \["gatehouse"\]$/m);
    expect(last).toMatch(/^HEALTHCHECK .*CMD \["node",/m);
  });

  it('installs what the lock file says, without development, and puts no secret into a layer', () => {
    expect(text.match(/npm (ci|install)[^&\n]*/g)).toEqual([
      'npm ci --ignore-scripts --no-audit --no-fund',
      'npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund',
    ]);
    expect(text).not.toMatch(/^(ENV|ARG) .*(KEY|SECRET|PASSWORD|TOKEN)/m);
    expect(text).not.toMatch(/^(COPY|ADD) (--\S+ )*\. /m);
    expect(unknown((/^ENV (.*)$/m.exec(last)?.[1] ?? '').split(' ').map((pair) => pair.split('=')[0] ?? ''))).toEqual([
      'NODE_OPTIONS',
    ]);
  });

  it('copies what is there and what .dockerignore lets through', () => {
    const copied = [...text.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources = '']) => sources.split(' '));
    expect(copied.length).toBeGreaterThan(7);
    expect(copied.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
    const sent = read('.dockerignore').split('\n');
    expect(copied.filter((file) => !sent.includes(`!${file}`))).toEqual([]);
    expect(sent).toContain('*');
  });
});

describe('deploy/kubernetes', () => {
  const folder = 'deploy/kubernetes';
  const files = readdirSync(join(ROOT, folder));
  const documents = files.flatMap((file) => parseAllDocuments(read(`${folder}/${file}`)).map((one) => one.toJS()));
  const find = (kind: string) => documents.find((document) => document.kind === kind);
  const { replicas, template } = find('Deployment').spec;
  const [container] = template.spec.containers;

  it('lists every file, and holds no Secret', () => {
    expect([...find('Kustomization').resources].sort()).toEqual(
      files.filter((file) => !file.startsWith('kust')).sort(),
    );
    expect(find('Secret')).toBeUndefined();
    expect(container.envFrom).toContainEqual({ secretRef: { name: 'gatehouse' } });
    expect(unknown(Object.keys(find('ConfigMap').data))).toEqual([]);
  });

  it('asks the right question for each purpose', () => {
    expect([container.livenessProbe.httpGet.path, container.readinessProbe.httpGet.path]).toEqual([
      '/healthz',
      '/readyz',
    ]);
    // A probe waits longer than /readyz takes to say that the store does not answer.
    expect(container.readinessProbe.timeoutSeconds).toBeGreaterThan(2);
  });

  it('leaves time to be forgotten by the proxies and to drain', () => {
    const { preStop } = container.lifecycle;
    const needed = preStop.sleep.seconds + grace(find('ConfigMap').data);
    expect(template.spec.terminationGracePeriodSeconds).toBeGreaterThan(needed);
    expect([replicas, find('PodDisruptionBudget').spec.maxUnavailable]).toEqual([3, 1]);
  });

  it('gives the process no rights', () => {
    expect(template.spec).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });
});

describe('deploy/gatehouse.service', () => {
  const lines = read('deploy/gatehouse.service').split('\n');
  const environment = parseEnv(
    lines.flatMap((line) => (line.startsWith('Environment=') ? line.slice(12).split(' ') : [])).join('\n'),
  );

  it('sets settings that production accepts, and gives longer to end than they take', () => {
    expect(unknown(Object.keys(environment))).toEqual(['NODE_OPTIONS']);
    expect(start({ ...environment, PUBLIC_URL: 'https://mcp.example.com' }).production).toBe(true);
    const stop = Number(/^TimeoutStopSec=(\d+)$/m.exec(lines.join('\n'))?.[1]);
    expect(stop).toBeGreaterThan(grace(environment));
  });

  it('gives the process no rights', () => {
    expect(lines).toEqual(
      expect.arrayContaining([
        'DynamicUser=yes',
        'NoNewPrivileges=yes',
        'CapabilityBoundingSet=',
        'ProtectSystem=strict',
      ]),
    );
  });
});
