import { callbackUrl } from '../authorization/interactions/interaction-paths.ts';
import { checkUpstream } from '../authorization/upstream/upstream-check.ts';
import { silentLog } from '../core/log.ts';
import { checkDirect, keyFinding } from '../gate/direct-check.ts';
import type { Provider } from '../gate/provider.ts';
import type { ProviderFinding } from '../gate/provider-finding.ts';
import { remoteKeys } from '../gate/remote-keys.ts';
import { type ProviderParts, providerDeps } from './provider-deps.ts';

/** What was found of one provider. */
export interface ProviderReport {
  readonly name: string;
  /** Where it is; undefined for a provider that nobody else runs. */
  readonly issuer: string | undefined;
  readonly findings: readonly ProviderFinding[];
}

/** Looks at a provider. Nothing is found of one that nobody else runs. Rejects with ConfigError for a key that is no key. */
export async function checkProvider(provider: Provider, parts: ProviderParts): Promise<ProviderReport> {
  const { name } = provider;
  if (provider.kind === 'direct') {
    return { name, issuer: provider.issuer, findings: await checkDirect(provider, providerDeps(provider, parts)) };
  }
  if (provider.kind === 'upstream') {
    const { config, fetch, clock } = parts;
    const findings = await checkUpstream({
      provider,
      callbackUrl: callbackUrl(config.publicUrl, name),
      fetch,
      clock,
    });
    return { name, issuer: provider.server.issuer, findings };
  }
  if (provider.kind === 'enterprise') {
    const { ready } = remoteKeys(provider, { ...providerDeps(provider, parts), log: silentLog });
    return { name, issuer: provider.issuer, findings: [await keyFinding(ready)] };
  }
  return { name, issuer: undefined, findings: [] };
}
