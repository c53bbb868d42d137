import { ConfigError } from '../src/core/errors.ts';
import { required, text, type ValuesOf } from '../src/core/setting.ts';
import {
  type Admission,
  admission,
  admissionFault,
  asksFor,
  grantsTo,
  recheckIfMembers,
} from '../src/gate/admission.ts';
import { askApi, askForObject, readObject, textOf } from '../src/gate/provider-api.ts';
import {
  type ProviderFromSettings,
  type ProviderMode,
  providerFromSettings,
} from '../src/gate/provider-from-settings.ts';
import {
  BadUpstreamAnswer,
  type Grants,
  type Identity,
  type UpstreamDeps,
  type UpstreamProvider,
  type UpstreamTokens,
} from '../src/gate/upstream-provider.ts';

const settings = {
  clientId: { variable: 'DISCORD_CLIENT_ID', fallback: '', read: required(text, 'the client id of your Discord app') },
  clientSecret: {
    variable: 'DISCORD_CLIENT_SECRET',
    fallback: '',
    read: required(text, 'the client secret of that app'),
  },
  allow: { variable: 'DISCORD_ALLOW', fallback: '', read: admission('guild') },
};

/** What is left out is read from the variable in brackets. */
export interface DiscordOptions {
  /** Of your application (DISCORD_CLIENT_ID). */
  readonly clientId?: string;
  readonly clientSecret?: string;
  /** Who may come in: `guild:<server id>`, `id:<user id>`, `email:…`, `domain:…` or `anyone`, between commas (DISCORD_ALLOW). */
  readonly allow?: string;
  /** Asked of Discord beside who signs in, such as `guilds.members.read`. */
  readonly upstreamScopes?: readonly string[];
  /** Whether PKCE is used (RFC 7636). Default true. */
  readonly pkce?: boolean;
  /** Which of our scopes a person may hand out (default: all). */
  readonly scopes?: Grants;
  /** Where Discord is, for tests. */
  readonly url?: string;
}

/** People sign in with Discord. */
export const discord = (options: DiscordOptions = {}): ProviderFromSettings =>
  providerFromSettings({ name: 'discord', settings, options, build: (values, mode) => build(options, values, mode) });

function build(
  { upstreamScopes = [], pkce = true, scopes, url = 'https://discord.com' }: DiscordOptions,
  { clientId, clientSecret, allow }: ValuesOf<typeof settings>,
  { production }: ProviderMode,
): UpstreamProvider {
  const faults = admissionFault('DISCORD_ALLOW', allow, production);
  if (faults.length > 0) throw new ConfigError(faults);
  const asking = { api: `${url}/api/v10`, clientId, allow };
  const guilds = asksFor(allow, 'guild') ? ['guilds'] : [];
  return {
    kind: 'upstream',
    name: 'discord',
    title: 'Discord',
    server: {
      issuer: url,
      authorization: `${url}/oauth2/authorize`,
      token: `${url}/api/oauth2/token`,
      revocation: `${url}/api/oauth2/token/revoke`,
    },
    client: { id: clientId, method: 'post', secret: clientSecret },
    scopes: [...new Set(['identify', 'email', ...guilds, ...upstreamScopes])],
    openid: false,
    quirks: { noPkce: !pkce },
    identify: (tokens, deps) => identify(asking, tokens, deps),
    ...recheckIfMembers(allow, scopes, (tokens, _known, deps) => identify(asking, tokens, deps)),
    grants: grantsTo(allow, scopes),
  };
}

interface Asking {
  readonly api: string;
  readonly clientId: string;
  readonly allow: Admission;
}

/** Of our own app only: `/users/@me` answers any app's token, `/oauth2/@me` says whose it is. */
async function identify(
  { api, clientId, allow }: Asking,
  { accessToken: token }: UpstreamTokens,
  { fetch }: UpstreamDeps,
): Promise<Identity> {
  const given = await askForObject(fetch, `${api}/oauth2/@me`, 'discord_token', { token });
  if (readObject(given.application, 'discord_app').id !== clientId) throw new BadUpstreamAnswer('discord_other_app');
  const { id } = readObject(given.user, 'discord_user');
  const user = await askForObject(fetch, `${api}/users/@me`, 'discord_user', { token });
  if (typeof id !== 'string' || !/^\d{1,20}$/.test(id)) throw new BadUpstreamAnswer('discord_user_id');
  const username = textOf(user.username);
  if (user.id !== id || username === undefined) throw new BadUpstreamAnswer('discord_other_user');
  const name = textOf(user.global_name);
  const email = user.verified === true ? textOf(user.email) : undefined;
  return {
    subject: id,
    username,
    ...(name !== undefined && { name }),
    ...(email !== undefined && { email }),
    memberships: asksFor(allow, 'guild') ? { guild: await guildsOf(api, token, fetch) } : {},
    claims: { username, global_name: user.global_name, avatar: user.avatar, locale: user.locale },
  };
}

/** Nobody is in more than 200, which is one page. */
async function guildsOf(api: string, token: string, fetch: typeof globalThis.fetch): Promise<readonly string[]> {
  const answer = await askApi(fetch, `${api}/users/@me/guilds?limit=200`, 'discord_guilds', { token });
  if (!Array.isArray(answer?.body)) throw new BadUpstreamAnswer('discord_guilds_shape');
  return answer.body.map((guild) => String(readObject(guild, 'discord_guilds').id));
}
