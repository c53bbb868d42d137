import type { Clock } from '../../core/clock.ts';
import { Unavailable } from '../../core/errors.ts';
import { providerFetch } from '../../core/provider-fetch.ts';
import { randomToken } from '../../core/secrets.ts';
import type { ProviderFinding } from '../../gate/provider-finding.ts';
import { BadUpstreamAnswer, type UpstreamProvider } from '../../gate/upstream-provider.ts';
import { ProviderRefused } from './exchange-fault.ts';
import { type UpstreamExchange, upstreamExchange } from './upstream-exchange.ts';

/** What a check of a provider that people sign in at needs. */
export interface UpstreamCheckParts {
  readonly provider: UpstreamProvider;
  /** Where it sends browsers back. */
  readonly callbackUrl: string;
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
}

/**
 * Looks at a provider that people sign in at: whether its endpoints are known, and whether it takes our app's credentials,
 * with a code that was made up. Nobody signs in. What does not answer is a finding. Rejects with ConfigError.
 */
export async function checkUpstream(parts: UpstreamCheckParts): Promise<readonly ProviderFinding[]> {
  const exchange = await upstreamExchange({ ...parts, fetch: providerFetch(parts.fetch) });
  const endpoints = await endpointFinding(exchange, parts);
  return endpoints.verdict === 'fits' ? [endpoints, await credentialFinding(exchange, parts)] : [endpoints];
}

async function endpointFinding(
  { signInPage }: UpstreamExchange,
  { provider }: UpstreamCheckParts,
): Promise<ProviderFinding> {
  const item = 'metadata';
  const { issuer } = provider.server;
  try {
    const { origin } = await signInPage();
    return { item, verdict: 'fits', sentence: `Its endpoints are known; people sign in at ${origin}.` };
  } catch (error) {
    const how = `compare ${issuer} with its discovery document, to the last slash`;
    if (error instanceof BadUpstreamAnswer) {
      return { item, verdict: 'unfit', sentence: `Its endpoints are not known (${error.reason}): ${how}.` };
    }
    if (!(error instanceof Unavailable)) throw error;
    return { item, verdict: 'unanswered', sentence: `Its endpoints are not known (${error.reason}): ${how}.` };
  }
}

async function credentialFinding(
  { redeem }: UpstreamExchange,
  { provider, callbackUrl }: UpstreamCheckParts,
): Promise<ProviderFinding> {
  const secrets = { state: randomToken(), nonce: randomToken(), verifier: randomToken() };
  const response = new URLSearchParams({ code: randomToken(), state: secrets.state, iss: provider.server.issuer });
  const fault = await redeem(response, secrets, callbackUrl).then(
    () => new BadUpstreamAnswer('took_a_code_that_was_made_up'),
    (error: unknown) => error,
  );
  return { item: 'credentials', ...judge(fault, callbackUrl) };
}

function judge(fault: unknown, callbackUrl: string): Omit<ProviderFinding, 'item'> {
  if (fault instanceof ProviderRefused && fault.ended) {
    return { verdict: 'fits', sentence: 'It takes our app: of a code that was made up it refused the code alone.' };
  }
  if (fault instanceof ProviderRefused) {
    const sentence = `It refused a code that was made up with ${fault.code}, which leaves open whether it takes our app: see that ${callbackUrl} is registered there, letter by letter.`;
    return { verdict: 'advice', sentence };
  }
  if (!(fault instanceof Unavailable || fault instanceof BadUpstreamAnswer)) throw fault;
  const { reason } = fault;
  if (/^provider_(refused_our_app|status_401)/.test(reason)) {
    const sentence = `It refuses our app (${reason.replace(/^provider_/, '')}): compare client id, secret and how the secret is sent with what it shows.`;
    return { verdict: 'unfit', sentence };
  }
  return { verdict: 'unanswered', sentence: `It did not say whether it takes our app (${reason}).` };
}
