import type { Config } from '../config.ts';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { publishedUrl } from '../core/public-url.ts';
import type { Provider, ProviderDeps } from '../gate/provider.ts';

/** What a host has that its providers need. */
export interface ProviderParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly fetch: typeof globalThis.fetch;
}

/** What a host hands to one of its providers. */
export const providerDeps = ({ name }: Provider, { config, clock, log, fetch }: ProviderParts): ProviderDeps => ({
  clock,
  log: log.with({ provider: name }),
  fetch,
  publicUrl: publishedUrl(config.publicUrl),
  production: config.production,
  maxStale: config.jwksMaxStale,
});
