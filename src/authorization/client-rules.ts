import { Provider } from 'oidc-provider';
import { matchesClientSecret } from './client-secret.ts';
import { checkRedirectUri, matchesRedirectUri } from './clients/redirect-uri.ts';
import type { RegistrationPolicy } from './clients/registration-policy.ts';
import { JWT_BEARER } from './enterprise/trusted-issuers.ts';
import { isMachineId } from './machines.ts';

interface ClientClass {
  readonly prototype: object;
  readonly Schema: { readonly prototype: object };
}

interface ClientFacts {
  readonly clientId: string;
  readonly clientSecret?: string;
  readonly clientAuthMethod?: string;
  readonly redirectUris?: readonly string[];
  readonly grantTypes?: readonly string[];
}

/** Parameters of a response that a redirect URI must not hold already. */
const RESPONSE_PARAMETERS = /[?&](?:code|state|iss|error|error_description)(?:[=&]|$)/;

/**
 * Puts our rules in the place of oidc-provider's own, for every client that it loads: redirect URIs by our policy (and
 * again each time, whatever was stored once), any port on loopback, secrets as hashes, the registered way to send them.
 */
export function applyClientRules(provider: Provider, policy: RegistrationPolicy): void {
  const { prototype, Schema } = provider.Client as unknown as ClientClass;
  override(prototype, 'redirectUriAllowed', function (this: ClientFacts, uri: string): boolean {
    return matchesRedirectUri(this.redirectUris ?? [], uri) && !RESPONSE_PARAMETERS.test(uri);
  });
  // Nobody registers for an ID-JAG: whoever takes one looks at which clients its issuer may give one.
  override(prototype, 'grantTypeAllowed', function (this: ClientFacts, type: string): boolean {
    return type === JWT_BEARER || this.grantTypes?.includes(type) === true;
  });
  override(prototype, 'compareClientSecret', function (this: ClientFacts, presented: string): boolean {
    return isRegisteredWay(this) && matchesClientSecret(this.clientSecret, presented);
  });
  override(Schema.prototype, 'redirectUris', function (this: RedirectHolder, uris = this.redirect_uris): void {
    for (const uri of uris) {
      const fault = checkRedirectUri(uri, policy.redirects);
      if (fault !== undefined) this.invalidate(`redirect_uris: ${fault}`);
    }
  });
}

interface RedirectHolder {
  readonly redirect_uris: readonly string[];
  invalidate(message: string): void;
}

/** Basic and form are two methods (RFC 7591 §2). A machine was registered for neither in particular. */
function isRegisteredWay({ clientId, clientAuthMethod }: ClientFacts): boolean {
  const used = Provider.ctx?.get('authorization') ? 'client_secret_basic' : 'client_secret_post';
  return isMachineId(clientId) || clientAuthMethod === used;
}

function override(target: object, name: string, value: (...args: never[]) => unknown): void {
  Object.defineProperty(target, name, { value, configurable: true, writable: true });
}
