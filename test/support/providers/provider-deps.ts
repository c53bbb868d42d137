import { ConfigError } from '../../../src/core/errors.ts';
import { silentLog } from '../../../src/core/log.ts';
import type { DirectProvider, KeysProvider, ProviderDeps } from '../../../src/gate/provider.ts';
import type { ProviderFromSettings } from '../../../src/gate/provider-from-settings.ts';
import { unanswered } from './fake-issuer.ts';

/** What a host would hand to a provider, in development, with a `fetch` that gives up on a silent server. */
export const providerDeps = (changes: Partial<ProviderDeps> = {}): ProviderDeps => ({
  clock: () => 1_800_000_000,
  log: silentLog,
  fetch: impatientFetch,
  publicUrl: 'https://rs.test',
  production: false,
  maxStale: 3600,
  ...changes,
});

/** Gives up at once on a request that is never answered: that nobody waits for long is promised by `providerFetch`. */
export const impatientFetch: typeof fetch = async (input, init) => {
  const given = new AbortController();
  const giveUp = () => given.abort();
  unanswered.addEventListener('request', giveUp);
  try {
    return await fetch(input, {
      ...init,
      signal: AbortSignal.any([given.signal, ...(init?.signal ? [init.signal] : [])]),
    });
  } finally {
    unanswered.removeEventListener('request', giveUp);
  }
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

/** What is wrong with the settings of a provider, as sentences. */
export function faultsOf(
  unread: ProviderFromSettings,
  environment: Record<string, string>,
  production = false,
): readonly string[] {
  try {
    unread.make(environment, { production });
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}
