import { ConfigError } from '../../core/errors.ts';
import type { EnterpriseProvider } from '../../gate/enterprise-provider.ts';
import type { KeySource } from '../../gate/key-set.ts';
import type { RevocableClaims, Revocations } from '../revocations.ts';

/** RFC 7523 §8.1: the grant that an ID-JAG is shown with. */
export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

/** An identity provider whose assertions are taken, with the keys that it signs them with. */
export interface TrustedIssuer {
  readonly provider: EnterpriseProvider;
  readonly keys: KeySource;
}

/** Throws ConfigError unless every one of them has an issuer of its own, and a name that nobody else has. */
export function checkIssuers(trusted: readonly TrustedIssuer[], otherNames: readonly string[]): void {
  const faults: string[] = [];
  const names = new Set(otherNames);
  const issuers = new Set<string>();
  for (const { provider } of trusted) {
    const { name, issuer } = provider;
    if (!/^[a-z][a-z0-9-]{0,31}$/.test(name) || names.has(name)) {
      faults.push(`The identity provider ${JSON.stringify(name)} needs a name of its own: a-z, 0-9 and -.`);
    }
    if (issuers.has(issuer)) faults.push(`The issuer ${issuer} is trusted twice: keep one of them.`);
    names.add(name);
    issuers.add(issuer);
  }
  if (faults.length > 0) throw new ConfigError(faults);
}

/** The issuer whose assertion a person came with, by the name that their subject begins with. */
export const issuerOfSubject =
  (trusted: readonly TrustedIssuer[]) =>
  (subject: string): string | undefined =>
    trusted.find(({ provider }) => subject.startsWith(`${provider.name}:`))?.provider.issuer;

/** The same revocations, to which a token is ended as well whose identity provider is no longer trusted. */
export function endingUntrusted(revocations: Revocations, trusted: readonly TrustedIssuer[]): Revocations {
  const issuers = new Set<unknown>(trusted.map(({ provider }) => provider.issuer));
  const isUntrusted = ({ gh_idp: issuer }: RevocableClaims) => issuer !== undefined && !issuers.has(issuer);
  return { ...revocations, isRevoked: async (claims) => isUntrusted(claims) || revocations.isRevoked(claims) };
}
