import { Unavailable } from '../core/errors.ts';
import { silentLog } from '../core/log.ts';
import { providerFetch } from '../core/provider-fetch.ts';
import { type Demand, demandsOf, type FoundDocument } from './client-demands.ts';
import type { JsonObject } from './compact-jws.ts';
import { metadataUrls, REMOTE_LIMITS } from './issuer-metadata.ts';
import type { DirectProvider, ProviderDeps } from './provider.ts';
import type { ProviderFinding, TenantAdvice } from './provider-finding.ts';
import { readRemoteJson } from './remote-json.ts';

/**
 * Looks at a provider that clients talk to as they would: its metadata, and what they demand of it; and at the keys that
 * its tokens are checked with. Asks anew each time. What does not answer is a finding, never a rejection.
 */
export async function checkDirect(provider: DirectProvider, deps: ProviderDeps): Promise<readonly ProviderFinding[]> {
  const { advice = {} } = provider;
  const told = await metadataFindings(provider, deps, advice);
  return [...told, ...(await keyFindings(provider, deps, advice))];
}

async function metadataFindings(
  { issuer, exchange }: DirectProvider,
  deps: ProviderDeps,
  advice: TenantAdvice,
): Promise<readonly ProviderFinding[]> {
  const item = 'metadata';
  let document: FoundDocument | undefined;
  try {
    document = await firstDocument(issuer, providerFetch(deps.fetch, REMOTE_LIMITS));
  } catch (error) {
    return [{ item, verdict: 'unanswered', sentence: `Its metadata is not to be had (${reasonOf(error)}).` }];
  }
  const how = advice.metadata ?? 'write the issuer as its metadata spells it, to the last slash';
  if (document === undefined) {
    return [{ item, verdict: 'unfit', sentence: `There is no metadata of ${issuer}: ${how}.` }];
  }
  const { metadata } = document;
  if (metadata.issuer !== issuer) {
    const named = JSON.stringify(metadata.issuer)?.slice(0, 200);
    return [{ item, verdict: 'unfit', sentence: `Its metadata names the issuer ${named} and not ${issuer}: ${how}.` }];
  }
  const fits = { item, verdict: 'fits', sentence: `Its metadata names exactly ${issuer}.` } as const;
  const demands = demandsOf(document, exchange !== undefined);
  return [fits, ...demands.map((demand) => judge(demand, metadata, advice))];
}

function judge(demand: Demand, metadata: JsonObject, given: TenantAdvice): ProviderFinding {
  const { item, holds, fits, lacks, advice, verdict } = demand;
  if (item === 'registration' && given.registersNobody) {
    return { item, verdict: 'advice', sentence: `No client can register itself: ${given[item] ?? advice}.` };
  }
  if (holds(metadata)) return { item, verdict: 'fits', sentence: fits };
  return { item, verdict, sentence: `${lacks}: ${given[item] ?? advice}.` };
}

const OPENID = '/.well-known/openid-configuration';

/** The document that clients take: the first that is there. Rejects with Unavailable where a place does not answer. */
async function firstDocument(issuer: string, fetch: typeof globalThis.fetch): Promise<FoundDocument | undefined> {
  for (const url of metadataUrls(issuer)) {
    const response = await fetch(url, { headers: { accept: 'application/json' } });
    const elsewhere = response.status >= 300 && response.status < 500 && response.status !== 429;
    if (!elsewhere) return { metadata: (await readRemoteJson(response)).body, openid: url.includes(OPENID) };
  }
  return undefined;
}

/** By a verifier of their own, for that of the calls may live on keys that it has kept. */
async function keyFindings(
  provider: DirectProvider,
  deps: ProviderDeps,
  advice: TenantAdvice,
): Promise<readonly ProviderFinding[]> {
  const { ready } = provider.verifier({ ...deps, log: silentLog });
  return ready === undefined ? [] : [await keyFinding(ready, advice)];
}

/** Whether what tokens are checked with is there: `ready` rejects with Unavailable where it is not. */
export async function keyFinding(ready: () => Promise<void>, advice: TenantAdvice = {}): Promise<ProviderFinding> {
  try {
    await ready();
    return { item: 'keys', verdict: 'fits', sentence: 'What its tokens are checked with is there.' };
  } catch (error) {
    const how = advice.keys ?? 'look at its jwks_uri';
    const sentence = `What its tokens are checked with is not to be had (${reasonOf(error)}): ${how}.`;
    return { item: 'keys', verdict: 'unanswered', sentence };
  }
}

/** The reason at the bottom: what the server did. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Unavailable)) throw error;
  return error.cause instanceof Unavailable ? reasonOf(error.cause) : error.reason;
}
