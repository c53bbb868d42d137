import { silentLog } from '../../../src/core/log.ts';
import type { DirectProvider, KeysProvider, ProviderDeps } from '../../../src/gate/provider.ts';
import type { ProviderFromSettings } from '../../../src/gate/provider-from-settings.ts';

/** What a host would hand to a provider, in development, with a `fetch` that soon gives up. */
export const providerDeps = (changes: Partial<ProviderDeps> = {}): ProviderDeps => ({
  clock: () => 1_800_000_000,
  log: silentLog,
  fetch: impatientFetch,
  publicUrl: 'https://rs.test',
  production: false,
  maxStale: 3600,
  ...changes,
});

/** Gives up after 600 ms: that a server is not waited for longer than 5 s is promised by `providerFetch`. */
export const impatientFetch: typeof fetch = (input, init) => {
  const soon = AbortSignal.timeout(600);
  return fetch(input, { ...init, signal: init?.signal ? AbortSignal.any([soon, init.signal]) : soon });
};

/** The provider that its settings make. */
export function made(
  unread: ProviderFromSettings,
  environment: Record<string, string> = {},
  production = false,
): DirectProvider | KeysProvider {
  const provider = unread.make(environment, { production });
  if (provider.kind === 'direct' || provider.kind === 'keys') return provider;
  throw new TypeError(`${provider.name} checks no tokens of others.`);
}
