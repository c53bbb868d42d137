import { describe, expect, it } from 'vitest';
import { github } from '../../providers/github.ts';
import { local } from '../../providers/local.ts';
import { readConfigAnd } from '../../src/config.ts';
import { ConfigError } from '../../src/core/errors.ts';
import { generateFernetKey } from '../../src/core/fernet.ts';
import { list, optional, required, text } from '../../src/core/setting.ts';
import type { KeysProvider } from '../../src/gate/provider.ts';
import { providerFromSettings } from '../../src/gate/provider-from-settings.ts';
import { createHost, type HostOptions } from '../../src/host/create-host.ts';
import { type Auth, checkTogether, type OneProvider, readProviders } from '../../src/host/read-providers.ts';
import { wordTokens } from '../support/keyed-host.ts';

const settings = {
  id: { variable: 'ACME_ID', fallback: '', read: required(text, 'the id of your app there') },
  scopes: { variable: 'ACME_SCOPES', fallback: 'a,b', read: list },
  region: { variable: 'ACME_REGION', fallback: '', read: optional(text) },
};
const built: unknown[] = [];
const acme = (options: { id?: string; scopes?: readonly string[]; region?: string } = {}) =>
  providerFromSettings({
    name: 'acme',
    settings,
    options,
    build(values, mode) {
      built.push({ ...values, ...mode });
      if (values.region === 'moon') throw new ConfigError(['ACME_REGION must be on this planet']);
      return wordTokens();
    },
  });

const read = (auth: Auth, environment: Record<string, string>) =>
  readConfigAnd({}, (variables, mode) => readProviders(auth, variables, mode), environment);

const faultsOf = (auth: Auth, environment: Record<string, string>): readonly string[] =>
  faultsThrown(() => checkTogether(read(auth, environment).other, 'http://localhost:3000'));

const faultsThrown = (run: () => unknown): readonly string[] => {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
};

describe('the settings of providers', () => {
  it('are read from the environment, where what is given in code wins', () => {
    read(acme({ scopes: ['c'] }), { ACME_ID: 'from-outside', ACME_SCOPES: 'x' });
    expect(built.pop()).toMatchObject({ id: 'from-outside', scopes: ['c'], region: undefined, production: false });
    read(acme({ id: 'from-code' }), { ACME_ID: 'from-outside' });
    expect(built.pop()).toMatchObject({ id: 'from-code', scopes: ['a', 'b'] });
  });

  it('are at fault together with all others, by variable', () => {
    const environment = { PORT: 'x', ACME_REGION: 'moon' };
    expect(faultsOf([acme(), acme({ id: 'a' })], environment)).toEqual([
      'PORT must be a whole number from 0 to 65535',
      'ACME_ID must be set: the id of your app there',
      'ACME_REGION must be on this planet',
    ]);
  });

  it('must be of one provider at least', () => {
    const fault = 'auth must name at least one provider, such as local() of mcp-gatehouse/providers/local';
    expect(faultsOf([], {})).toEqual([fault]);
    expect(() => createHost({} as HostOptions)).toThrow(fault);
    expect(faultsOf([local(), github as unknown as OneProvider, {} as OneProvider], {})).toEqual(
      Array(2).fill(
        'auth must hold providers alone, each made by its function, such as local() of mcp-gatehouse/providers/local',
      ),
    );
  });

  it('are at fault together with how pages look and with sealing keys', () => {
    const faulty = { auth: acme(), brandAccent: 'red', keys: ['short'], accessTokenLifetime: 1 };
    const faults = faultsThrown(() => createHost(faulty));
    expect(faults.map((fault) => fault.split(/[ :]/)[0])).toEqual([
      'ACCESS_TOKEN_LIFETIME',
      'BRAND_ACCENT',
      'GATEHOUSE_KEYS',
      'ACME_ID',
    ]);
    const good = { auth: local(), brandAccent: '#0a7', keys: [generateFernetKey()] };
    expect(faultsThrown(() => createHost(good))).toEqual([]);
  });
});

describe('several providers', () => {
  const shaped = (name: string, prefix: string): KeysProvider => ({
    ...wordTokens(),
    name,
    tokens: [{ shape: 'prefix', prefix }],
  });

  it('may be together where their tokens differ', () => {
    expect(faultsOf([local(), shaped('a', 'a_'), shaped('b', 'b_')], {})).toEqual([]);
  });

  it('must each say what their tokens look like; one alone need not', () => {
    expect(faultsOf([wordTokens(), shaped('a', 'a_')], {})).toEqual([
      'auth: words does not say what its tokens look like (`tokens`): needed beside another provider',
    ]);
    expect(faultsOf(wordTokens(), {})).toEqual([]);
  });

  it('must not claim the same tokens', () => {
    expect(faultsOf([shaped('a', 'a_'), shaped('b', 'a_b')], {})).toEqual([
      'auth: a and b would both take tokens that begin with "a_b"; keep one of them',
    ]);
    expect(faultsOf([local(), local()], {})).toHaveLength(1);
  });
});
