import type { Identity, UpstreamProvider } from './upstream-provider.ts';

/**
 * An identity provider whose word our authorization server takes without a browser: it signs an ID-JAG (Identity Assertion
 * JWT Authorization Grant) about one of its people for one of our clients, and the client has it exchanged at `/token`.
 */
export interface EnterpriseProvider {
  readonly kind: 'enterprise';
  /** In subjects: lower-case letters, digits and hyphens. Nobody else's name. */
  readonly name: string;
  /** Compared with `iss` as plain text. */
  readonly issuer: string;
  /** Where its keys are; left out, its metadata says. */
  readonly jwksUrl?: string;
  /** The `alg` values that are looked at: asymmetric ones only. */
  readonly algorithms: readonly string[];
  /** The ids that clients have at our server and may show its assertions with. */
  readonly clients: readonly string[];
  /** Who an assertion is about, from claims that were checked. Throws BadUpstreamAnswer where they name nobody. */
  identify(claims: Readonly<Record<string, unknown>>): Identity;
  /** Which of our scopes the person may have, judged anew at every use. Undefined: they may not come in. */
  readonly grants: UpstreamProvider['grants'];
}
