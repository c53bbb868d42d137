import { ConfigError } from '../src/core/errors.ts';
import { required, text, type ValuesOf } from '../src/core/setting.ts';
import { admission, admissionFault, grantsTo, recheckIfMembers } from '../src/gate/admission.ts';
import { claimsWithProfile, openidIdentity } from '../src/gate/openid-identity.ts';
import {
  type ProviderFromSettings,
  type ProviderMode,
  providerFromSettings,
} from '../src/gate/provider-from-settings.ts';
import type {
  Grants,
  Identity,
  UpstreamDeps,
  UpstreamProvider,
  UpstreamTokens,
} from '../src/gate/upstream-provider.ts';

const settings = {
  clientId: {
    variable: 'HUGGINGFACE_CLIENT_ID',
    fallback: '',
    read: required(text, 'the client id of your OAuth app'),
  },
  clientSecret: { variable: 'HUGGINGFACE_CLIENT_SECRET', fallback: '', read: required(text, 'the secret of that app') },
  allow: { variable: 'HUGGINGFACE_ALLOW', fallback: '', read: admission('org') },
};

/** What is left out is read from the variable in brackets. */
export interface HuggingFaceOptions {
  /** Of your OAuth app (HUGGINGFACE_CLIENT_ID). */
  readonly clientId?: string;
  readonly clientSecret?: string;
  /** Who may come in: `org:acme`, `id:<sub>`, `email:…`, `domain:…` or `anyone`, between commas (HUGGINGFACE_ALLOW). */
  readonly allow?: string;
  /** Asked of Hugging Face beside who signs in, such as `inference-api`. */
  readonly upstreamScopes?: readonly string[];
  /** Which of our scopes a person may hand out (default: all). */
  readonly scopes?: Grants;
  /** Where Hugging Face is, for tests. Its endpoints stand in its discovery document. */
  readonly issuer?: string;
}

/** People sign in with Hugging Face. */
export const huggingface = (options: HuggingFaceOptions = {}): ProviderFromSettings =>
  providerFromSettings({
    name: 'huggingface',
    settings,
    options,
    build: (values, mode) => build(options, values, mode),
  });

function build(
  { upstreamScopes = [], scopes, issuer = 'https://huggingface.co' }: HuggingFaceOptions,
  { clientId, clientSecret, allow }: ValuesOf<typeof settings>,
  { production }: ProviderMode,
): UpstreamProvider {
  const faults = admissionFault('HUGGINGFACE_ALLOW', allow, production);
  if (faults.length > 0) throw new ConfigError(faults);
  return {
    kind: 'upstream',
    name: 'huggingface',
    title: 'Hugging Face',
    server: { issuer },
    client: { id: clientId, method: 'post', secret: clientSecret },
    scopes: [...new Set(['openid', 'profile', 'email', ...upstreamScopes])],
    openid: true,
    identify,
    ...recheckIfMembers(allow, scopes, (tokens, known, deps) =>
      identify({ ...tokens, idToken: { sub: known.subject } }, deps),
    ),
    grants: grantsTo(allow, scopes),
  };
}

/** Any app's token opens the userinfo endpoint: the ID token says that it is ours, the endpoint tells organisations. */
async function identify(tokens: UpstreamTokens, deps: UpstreamDeps): Promise<Identity> {
  const claims = await claimsWithProfile(tokens, deps);
  const identity = openidIdentity({ ...(claims && { idToken: claims }) });
  return { ...identity, memberships: { org: organisations(claims?.orgs) } };
}

/** Those that the person may use now: not where single sign-on or a second factor is still wanted of them. */
const organisations = (orgs: unknown): readonly string[] =>
  (Array.isArray(orgs) ? orgs : []).flatMap((org) =>
    typeof org?.preferred_username === 'string' && org.pendingSSO !== true && org.missingMFA !== true
      ? [org.preferred_username]
      : [],
  );
