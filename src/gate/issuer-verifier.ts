import { type JwtVerifierOptions, jwtVerifier } from './jwt.ts';
import type { ProviderDeps } from './provider.ts';
import { remoteKeys } from './remote-keys.ts';
import type { Verifier } from './verifier.ts';

/** How the JWTs of an issuer that publishes its keys are checked. */
export interface IssuerVerifierOptions
  extends Omit<JwtVerifierOptions, 'keys' | 'sharedSecret' | 'isRevoked' | 'clock' | 'log'> {
  /** Where its key set is; left out, its metadata says (RFC 8414, OpenID Connect Discovery). */
  readonly jwksUrl?: string | undefined;
}

/** A verifier of an issuer's JWTs that fetches its keys. Throws ConfigError as `jwtVerifier` does. */
export function issuerVerifier(options: IssuerVerifierOptions, deps: ProviderDeps): Verifier {
  const { issuer, jwksUrl } = options;
  const { keys, ready } = remoteKeys({ issuer, jwksUrl, onChange: () => verifier.clear() }, deps);
  const verifier = jwtVerifier({ ...options, keys, clock: deps.clock, log: deps.log });
  return { verify: verifier.verify, ready };
}
