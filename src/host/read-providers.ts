import type { OtherSettings } from '../config.ts';
import { ConfigError } from '../core/errors.ts';
import type { Environment } from '../core/setting.ts';
import type { LocalProvider, Provider } from '../gate/provider.ts';
import type { ProviderFromSettings, ProviderMode } from '../gate/provider-from-settings.ts';
import { shapeConflicts, type TokenShape } from '../gate/token-shape.ts';
import type { UpstreamProvider } from '../gate/upstream-provider.ts';

/** Who issues the tokens: one provider, or several whose tokens can be told apart by their looks. */
export type Auth = OneProvider | readonly OneProvider[];

/** One of them, made or to be made. */
export type OneProvider = Provider | ProviderFromSettings;

/** Makes the providers of a host from what was given in code and what stands in the environment. */
export function readProviders(
  auth: Auth,
  environment: Environment,
  mode: ProviderMode,
): OtherSettings<readonly Provider[]> {
  const faults: string[] = [];
  const value: Provider[] = [];
  const given = isList(auth) ? auth : [auth].filter((each) => each !== undefined);
  if (given.length === 0) faults.push(`auth must name at least one provider, ${SUCH_AS}`);
  for (const each of given) {
    if (typeof each?.kind !== 'string') {
      faults.push(`auth must hold providers alone, each made by its function, ${SUCH_AS}`);
      continue;
    }
    try {
      value.push(each.kind === 'from_settings' ? each.make(environment, mode) : each);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      faults.push(...error.faults);
    }
  }
  return { value, faults };
}

const SUCH_AS = 'such as local() of mcp-gatehouse/providers/local';

const isList = (auth: Auth): auth is readonly OneProvider[] => Array.isArray(auth);

/** Whether the tokens of a provider are issued by our own authorization server. */
export const issuesHere = (provider: Provider): provider is LocalProvider | UpstreamProvider =>
  provider.kind === 'local' || provider.kind === 'upstream';

/** What the tokens of a provider look like; those of our own server claim our own issuer. */
export function tokensOf(provider: Provider, ownIssuer: string): readonly TokenShape[] {
  if (issuesHere(provider)) return [{ shape: 'jwt', issuer: ownIssuer }];
  return provider.kind === 'enterprise' ? [] : (provider.tokens ?? []);
}

/** Throws ConfigError unless every token has at most one provider that it could be of. */
export function checkTogether(providers: readonly Provider[], ownIssuer: string): void {
  const [vouching] = providers.filter(({ kind }) => kind === 'enterprise');
  if (vouching !== undefined && !providers.some(issuesHere)) {
    throw new ConfigError([
      `auth: ${vouching.name} needs a provider beside it for which our server issues tokens, such as local()`,
    ]);
  }
  if (providers.length < 2) return;
  const [upstream, ...more] = providers.filter(({ kind }) => kind === 'upstream');
  const [local] = providers.filter(({ kind }) => kind === 'local');
  // People may choose among several places to sign in at; the tokens are those of one server.
  const others = upstream === undefined ? [] : [local, ...more];
  const shaped = providers
    .filter((provider) => !others.includes(provider) && provider.kind !== 'enterprise')
    .map((provider) => ({ name: provider.name, tokens: tokensOf(provider, ownIssuer) }));
  const faults = [
    ...shaped
      .filter(({ tokens }) => tokens.length === 0)
      .map(
        ({ name }) =>
          `auth: ${name} does not say what its tokens look like (\`tokens\`): needed beside another provider`,
      ),
    ...shapeConflicts(shaped),
  ];
  if (faults.length > 0) throw new ConfigError(faults);
}
