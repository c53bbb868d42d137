import { ConfigError } from '../src/core/errors.ts';
import { readServerDomain } from '../src/core/server-url.ts';
import { flag, list, required, type ValuesOf } from '../src/core/setting.ts';
import {
  type AudienceOptions,
  audiencesFrom,
  audienceWayFaults,
  namesAudiences,
} from '../src/gate/audience-setting.ts';
import type { JsonObject } from '../src/gate/compact-jws.ts';
import { type DialectOptions, directProvider } from '../src/gate/direct-provider.ts';
import type { DirectProvider } from '../src/gate/provider.ts';
import type { TenantAdvice } from '../src/gate/provider-finding.ts';
import {
  type ProviderFromSettings,
  type ProviderMode,
  providerFromSettings,
} from '../src/gate/provider-from-settings.ts';

const settings = {
  url: {
    variable: 'SUPABASE_URL',
    fallback: '',
    read: required(readServerDomain, 'the URL of your project, such as https://abcdefgh.supabase.co'),
  },
  tokensNameResource: { variable: 'SUPABASE_TOKENS_NAME_RESOURCE', fallback: 'false', read: flag },
  acceptAudiencesInsteadOfResource: {
    variable: 'SUPABASE_ACCEPT_AUDIENCES_INSTEAD_OF_RESOURCE',
    fallback: '',
    read: list,
  },
  acceptEveryClientInsteadOfAudience: {
    variable: 'SUPABASE_ACCEPT_EVERY_CLIENT_INSTEAD_OF_AUDIENCE',
    fallback: 'false',
    read: flag,
  },
};

type Values = ValuesOf<typeof settings>;

/** What is left out is read from the variable in brackets. Of the three that tell whom tokens are for, one must be given. */
export interface SupabaseOptions extends DialectOptions, AudienceOptions {
  /** Of the project, or your custom domain for it (SUPABASE_URL). */
  readonly url?: string;
  /** Where its authorization server is, if not at `<url>/auth/v1`. */
  readonly issuer?: string;
  /** A Custom Access Token hook of yours writes the mount's URL into `aud` (SUPABASE_TOKENS_NAME_RESOURCE). */
  readonly tokensNameResource?: boolean;
  /**
   * No hook tells whom tokens are for: a token that any app of the project got from a person is good at every mount
   * (SUPABASE_ACCEPT_EVERY_CLIENT_INSTEAD_OF_AUDIENCE).
   */
  readonly acceptEveryClientInsteadOfAudience?: boolean;
  /** The values of `role` that may come in. Default `authenticated`. */
  readonly roles?: readonly string[];
}

/** What stands in `aud` of every token of every project, sessions included. */
const EVERYBODY = 'authenticated';

/** Clients sign people in at the OAuth server of a Supabase project; its access tokens are checked here. */
export const supabase = (options: SupabaseOptions = {}): ProviderFromSettings =>
  providerFromSettings({ name: 'supabase', settings, options, build: (values, mode) => build(options, values, mode) });

function build(options: SupabaseOptions, values: Values, mode: ProviderMode): DirectProvider {
  const { url, acceptAudiencesInsteadOfResource: listed, acceptEveryClientInsteadOfAudience: everyClient } = values;
  const { issuer = `${url}/auth/v1`, roles = ['authenticated'] } = options;
  const faults = audienceFaults(options, values);
  if (faults.length > 0) throw new ConfigError(faults);
  return directProvider(
    {
      ...options,
      name: 'supabase',
      issuer,
      variable: settings.url.variable,
      audiencesFor: everyClient ? () => [EVERYBODY] : audiencesFrom(options, listed),
      fault: (claims) => faultOf(claims, roles),
      translate: readable,
      advice: ADVICE,
    },
    mode,
  );
}

const ADVICE: TenantAdvice = {
  metadata: 'set SUPABASE_URL to the project, and turn its OAuth server on',
  registration: 'turn on dynamic client registration of the project’s OAuth server, or register each client there',
};

function faultOf({ client_id: client, role, is_anonymous: anonymous }: JsonObject, roles: readonly string[]) {
  // Only tokens that an app got have it: without it, it is a session of your own site.
  if (client === undefined) return 'first_party_session';
  if (typeof role !== 'string' || !roles.includes(role)) return 'role_not_allowed';
  return anonymous === undefined || anonymous === false ? undefined : 'anonymous_user';
}

/** Display names stand in what people may edit of themselves; so does `email_verified`, which is therefore not believed. */
function readable(claims: JsonObject): JsonObject {
  const { user_metadata: profile } = claims;
  if (typeof profile !== 'object' || profile === null) return claims;
  const { full_name: fullName, name = fullName } = profile as JsonObject;
  return { name, ...claims };
}

function audienceFaults(options: SupabaseOptions, values: Values): readonly string[] {
  const { tokensNameResource, acceptAudiencesInsteadOfResource: listed, acceptEveryClientInsteadOfAudience } = values;
  const faults = audienceWayFaults(
    {
      SUPABASE_TOKENS_NAME_RESOURCE: tokensNameResource,
      SUPABASE_ACCEPT_AUDIENCES_INSTEAD_OF_RESOURCE: namesAudiences(options, listed),
      SUPABASE_ACCEPT_EVERY_CLIENT_INSTEAD_OF_AUDIENCE: acceptEveryClientInsteadOfAudience,
    },
    "SUPABASE_TOKENS_NAME_RESOURCE must be true, with a token hook that writes the mount's URL into `aud`, for every session has the audience authenticated; without a hook see SUPABASE_ACCEPT_EVERY_CLIENT_INSTEAD_OF_AUDIENCE",
  );
  return listed.includes(EVERYBODY)
    ? [...faults, `SUPABASE_ACCEPT_AUDIENCES_INSTEAD_OF_RESOURCE must not name ${EVERYBODY}: every session has it`]
    : faults;
}
