import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../src/config.ts';
import { ConfigError } from '../src/core/errors.ts';

const KEY = Buffer.alloc(32, 7).toString('base64url').concat('=');
const PRODUCTION = { NODE_ENV: 'production', PUBLIC_URL: 'https://mcp.example.com', GATEHOUSE_KEYS: KEY };

const faultsOf = (environment: Record<string, string>, overrides = {}): readonly string[] => {
  try {
    readConfig(overrides, environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
};

describe('configuration', () => {
  it('has a default for everything in development', () => {
    const config = readConfig({}, {});
    expect(config.publicUrl.href).toBe('http://localhost:3000/');
    expect(config).toMatchObject({ codeLifetime: 60, accessTokenLifetime: 900, machineTokenLifetime: 600 });
    expect(config).toMatchObject({ refreshIdleLifetime: 2_592_000, refreshLifetime: 7_776_000, refreshGrace: 30 });
    expect(config.storeUrl).toBe('sqlite:.gatehouse/state.db');
  });

  it('publishes the port that it listens on where PUBLIC_URL is not set', () => {
    expect(readConfig({}, { PORT: '4000' }).publicUrl.href).toBe('http://localhost:4000/');
  });

  it('takes an empty variable for one that is not set', () => {
    expect(readConfig({}, { PORT: '', PUBLIC_URL: '' }).port).toBe(3000);
  });

  it('lets values given in code win over the environment', () => {
    expect(readConfig({ port: 1234 }, { PORT: '4000' }).port).toBe(1234);
  });

  it('holds values given in code to the same rules', () => {
    const unfit = { codeLifetime: 1e9, trustProxyHops: true, bodyLimit: Number.NaN } as unknown as {
      codeLifetime: number;
    };
    const faults = faultsOf({}, unfit);
    expect(faults.map((fault) => fault.split(' ')[0])).toEqual(['TRUST_PROXY_HOPS', 'BODY_LIMIT', 'CODE_LIFETIME']);
    expect(
      readConfig({ codeLifetime: 30, allowedOrigins: ['https://a.example', 'https://b.example'] }, {}),
    ).toMatchObject({
      codeLifetime: 30,
      allowedOrigins: ['https://a.example', 'https://b.example'],
    });
  });

  it('takes REDIS_DURABILITY for a Redis, in words that it knows', () => {
    const redis = { STORE_URL: 'redis://localhost' };
    expect(readConfig({}, { ...redis, REDIS_DURABILITY: 'fsync, replica' }).redisDurability).toEqual([
      'fsync',
      'replica',
    ]);
    expect(faultsOf({ ...redis, REDIS_DURABILITY: 'disk' })).toEqual([
      'REDIS_DURABILITY must list only fsync, replica',
    ]);
    expect(faultsOf({ REDIS_DURABILITY: 'fsync' })).toEqual([
      'REDIS_DURABILITY is for a Redis in STORE_URL: leave it out, or name one there',
    ]);
  });

  it('cannot be changed once it is read', () => {
    const config = readConfig({}, {});
    expect(() => Object.assign(config, { port: 1 })).toThrow(TypeError);
  });

  it('reports every fault at once, each by its variable', () => {
    const faults = faultsOf({ PORT: 'eighty', LOG_LEVEL: 'loud', PUBLIC_URL: 'mcp.example.com', CODE_LIFETIME: '-1' });
    expect(faults.map((fault) => fault.split(' ')[0])).toEqual(['PORT', 'LOG_LEVEL', 'CODE_LIFETIME', 'PUBLIC_URL']);
  });

  it.each([
    ['http://mcp.example.com', 'must be https (plain http is allowed for localhost only)'],
    ['https://mcp.example.com/?x=1', 'must have no user info, query or fragment'],
    ['https://mcp.example.com/#', 'must have no user info, query or fragment'],
    ['https://user@mcp.example.com', 'must have no user info, query or fragment'],
    ['https://mcp.example.com/A', 'must have a path of plain lower-case segments, or none'],
    ['ftp://mcp.example.com', 'must be https (plain http is allowed for localhost only)'],
  ])('MD-13 refuses PUBLIC_URL %s', (url, sentence) => {
    expect(faultsOf({ PUBLIC_URL: url })).toEqual([`PUBLIC_URL ${sentence}`]);
  });

  it.each([
    'https://mcp.example.com',
    'https://mcp.example.com/',
    'https://example.com/mcp-host',
    'http://127.0.0.1:8080',
  ])('accepts PUBLIC_URL %s', (url) => {
    expect(faultsOf({ PUBLIC_URL: url })).toEqual([]);
  });

  it('accepts a production that is safe', () => {
    expect(readConfig({}, PRODUCTION).production).toBe(true);
  });

  it.each([
    [{ PUBLIC_URL: 'http://localhost:3000' }, 'PUBLIC_URL must be https in production'],
    [{ PUBLIC_URL: '' }, 'PUBLIC_URL must be https in production'],
    [{ STORE_URL: 'sqlite::memory:' }, 'STORE_URL must not be memory: in production: a restart loses it'],
    [{ STORE_URL: 'memory:' }, 'STORE_URL must not be memory: in production: a restart loses it'],
    [
      { STORE_URL: 'postgres://db.example/gatehouse?sslmode=no-verify' },
      'STORE_URL must not say no-verify in production: anybody on the way could be the server; use verify-full',
    ],
    [
      { GATEHOUSE_KEYS: '' },
      'GATEHOUSE_KEYS must hold at least one sealing key in production (make one with `gatehouse keys new`)',
    ],
    [
      { DANGEROUSLY_ALLOW_LOOPBACK_CLIENT_METADATA_DOCUMENTS: 'true' },
      'DANGEROUSLY_ALLOW_LOOPBACK_CLIENT_METADATA_DOCUMENTS must be false in production',
    ],
    [{ SHOW_ERRORS: 'true' }, 'SHOW_ERRORS must be false in production: what goes wrong inside is for the log alone'],
    [
      { NODE_TLS_REJECT_UNAUTHORIZED: '0' },
      'NODE_TLS_REJECT_UNAUTHORIZED must not be 0: it switches off the check of certificates',
    ],
  ])('refuses in production %o', (unsafe, sentence) => {
    expect(faultsOf({ ...PRODUCTION, ...unsafe })).toEqual([sentence]);
  });

  it('accepts outside production what production refuses', () => {
    expect(faultsOf({ STORE_URL: 'memory:' })).toEqual([]);
  });

  it('has the defaults that .env.example tells', () => {
    const told = Object.fromEntries(
      Object.entries(parseEnv(readFileSync('.env.example', 'utf8'))).map(([k, v]) => [k, v ?? '']),
    );
    expect(readConfig({}, told)).toEqual(readConfig({}, {}));
  });

  it('has the ranges that .env.example tells', () => {
    const paragraphs = readFileSync('.env.example', 'utf8').split('\n\n');
    const told = paragraphs.flatMap((text) => Object.keys(parseEnv(text)).map((name) => ({ name, text })));
    const ranges = told.flatMap(({ name, text }) =>
      faultsOf({ [name]: 'x' }).flatMap((fault) => {
        const range = /whole number.* from (\d+ to \d+)$/.exec(fault)?.[1];
        return range === undefined ? [] : [{ name, range, told: text.includes(range) }];
      }),
    );
    expect(ranges.filter((each) => !each.told)).toEqual([]);
    expect(ranges.length).toBeGreaterThan(20);
  });

  it('says the unit where there is one', () => {
    expect(faultsOf({ ACCESS_TOKEN_LIFETIME: '15m', BODY_LIMIT: '4M', RATE_LIMIT_CALLS: 'many' })).toEqual([
      'BODY_LIMIT must be a whole number of bytes from 1024 to 67108864',
      'ACCESS_TOKEN_LIFETIME must be a whole number of seconds from 30 to 3600',
      'RATE_LIMIT_CALLS must be a whole number from 1 to 10000000',
    ]);
  });
});
