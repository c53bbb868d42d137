import { describe, expect, test } from 'vitest';
import { type UpstreamCredentials, upstreamCredentials } from '../../../src/authorization/upstream/credentials.ts';
import { ProviderRefused } from '../../../src/authorization/upstream/exchange-fault.ts';
import { Unavailable } from '../../../src/core/errors.ts';
import { silentLog } from '../../../src/core/log.ts';
import { sha256 } from '../../../src/core/secrets.ts';
import type { UpstreamTokens } from '../../../src/gate/upstream-provider.ts';
import { memoryStore } from '../../../src/store/memory.ts';

const ADA = 'example:ada';
const first: UpstreamTokens = {
  accessToken: 'a-1',
  refreshToken: 'r-1',
  expiresAt: 1000,
  scopes: ['repo'],
  answer: {},
};

/** Nodes over one store, and a provider whose answer to a refresh is `refresh`. */
function nodes(refresh: (token: string) => Promise<UpstreamTokens>) {
  const state = { now: 0 };
  const clock = () => state.now;
  const store = memoryStore({ clock });
  const ended: string[] = [];
  const revocations = { subject: async (subject: string) => void ended.push(subject) };
  const told: string[] = [];
  const revoke = async (token: string) => {
    if (state.now < 0) throw new Unavailable('provider_timed_out');
    told.push(token);
  };
  const exchanges = new Map([['example', { refresh, revoke }]]);
  const node = (): UpstreamCredentials =>
    upstreamCredentials({ store, clock, log: silentLog, life: 10_000, exchanges, revocations });
  return { state, store, ended, told, one: node(), other: node() };
}

const never = async (): Promise<never> => Promise.reject(new Error('Nobody should ask.'));

describe('a credential of an identity provider', () => {
  test('is handed out as it is while it is good for another minute', async () => {
    const { one, other } = nodes(never);
    await one.keep(ADA, 'example', first);

    expect(await other.live(ADA)).toEqual({ accessToken: 'a-1', scopes: ['repo'], expiresAt: 1000 });
    await expect(one.live('example:grace')).rejects.toMatchObject({ code: 'invalid_token' });
  });

  test('of a new sign-in is not replaced by the successor of the one before', async () => {
    const asked = Promise.withResolvers<void>();
    const answered = Promise.withResolvers<UpstreamTokens>();
    const { state, one } = nodes(async () => {
      asked.resolve();
      return answered.promise;
    });
    await one.keep(ADA, 'example', first);
    state.now = 950;
    const waiting = one.live(ADA);
    await asked.promise;
    await one.keep(ADA, 'example', { ...first, accessToken: 'b-1', refreshToken: 's-1', expiresAt: 5000 });
    answered.resolve({ accessToken: 'a-2', refreshToken: 'r-2', expiresAt: 5000, scopes: ['repo'], answer: {} });

    expect((await waiting).accessToken).toBe('b-1');
    expect((await one.live(ADA)).accessToken).toBe('b-1');
  });

  test('is refreshed once for all who ask on all nodes, and keeps a refresh token that has no successor', async () => {
    const asked: string[] = [];
    const { state, one, other } = nodes(async (token) => {
      asked.push(token);
      return { accessToken: `a-${asked.length + 1}`, expiresAt: state.now + 1000, scopes: ['repo'], answer: {} };
    });
    await one.keep(ADA, 'example', first);
    state.now = 950;
    const tokens = await Promise.all([one, other, one, other].map((node) => node.live(ADA)));

    expect(tokens.map(({ accessToken }) => accessToken)).toEqual(['a-2', 'a-2', 'a-2', 'a-2']);
    state.now = 1900;
    expect((await other.live(ADA)).accessToken).toBe('a-3');
    expect(asked).toEqual(['r-1', 'r-1']);
  });

  test('keeps through a refresh what a later version has put into its record, but for an end that it no longer has', async () => {
    const { state, store, one } = nodes(async () => ({ accessToken: 'a-2', scopes: ['repo', 'unticked'], answer: {} }));
    await one.keep(ADA, 'example', first);
    const name = `upstream_credential:${sha256(ADA)}`;
    await store.put(name, JSON.stringify({ ...JSON.parse((await store.get(name)) ?? ''), later: 1 }), 10_000);
    state.now = 950;

    expect(await one.live(ADA)).toEqual({ accessToken: 'a-2', scopes: ['repo'] });
    expect(JSON.parse((await store.get(name)) ?? '')).toMatchObject({ later: 1, refreshToken: 'r-1' });
  });

  test('whose sign-in the provider has ended ends ours', async () => {
    const { state, ended, one, other } = nodes(() => Promise.reject(new ProviderRefused('invalid_grant', true)));
    await one.keep(ADA, 'example', first);
    state.now = 950;

    await expect(one.live(ADA)).rejects.toMatchObject({ code: 'invalid_token', reason: 'upstream_sign_in_ended' });
    expect(ended).toEqual([ADA]);
    await expect(other.live(ADA)).rejects.toMatchObject({ reason: 'upstream_credential_gone' });
  });

  test('is used to its end while the provider is out; then it is an outage, and no end', async () => {
    const { state, ended, one } = nodes(() => Promise.reject(new Unavailable('provider_timed_out')));
    await one.keep(ADA, 'example', first);
    state.now = 999;
    expect((await one.live(ADA)).accessToken).toBe('a-1');

    state.now = 1000;
    await expect(one.live(ADA)).rejects.toMatchObject({ status: 503, reason: 'provider_timed_out' });
    await expect(one.live(ADA)).rejects.toMatchObject({ status: 503 });
    expect(ended).toEqual([]);
  });

  test('without a refresh token is good until it expires, and without an end for good', async () => {
    const { state, ended, one } = nodes(never);
    const { refreshToken: _none, expiresAt: _never, ...lasting } = first;
    await one.keep(ADA, 'example', { ...lasting, expiresAt: 1000 });
    state.now = 999;
    expect((await one.live(ADA)).accessToken).toBe('a-1');
    state.now = 1001;
    await expect(one.live(ADA)).rejects.toMatchObject({ reason: 'upstream_token_expired' });
    expect(ended).toEqual([ADA]);

    await one.keep(ADA, 'example', lasting);
    state.now = 9000;
    expect(await one.live(ADA)).toEqual({ accessToken: 'a-1', scopes: ['repo'] });
  });

  test('is forgotten everywhere, whether the provider hears of it or not, and not brought back by a refresh under way', async () => {
    const { state, store, told, one, other } = nodes(async () => {
      await other.forget(ADA);
      return { accessToken: 'a-2', scopes: ['repo'], answer: {} };
    });
    await one.keep(ADA, 'example', first);
    state.now = 1001;
    await expect(one.live(ADA)).rejects.toMatchObject({ reason: 'upstream_credential_gone' });
    expect(told).toEqual(['r-1']);
    await other.forget(ADA);
    expect(told).toEqual(['r-1']);

    state.now = -1;
    await one.keep(ADA, 'example', first);
    await one.forget(ADA);
    expect(await store.get(`upstream_credential:${sha256(ADA)}`)).toBeUndefined();
  });
});
