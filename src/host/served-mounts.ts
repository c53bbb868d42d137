import { ConfigError, InvalidToken } from '../core/errors.ts';
import type { ProtectedResource } from '../core/protected-resource.ts';
import type { DirectProvider, Provider } from '../gate/provider.ts';
import type { Verifier } from '../gate/verifier.ts';
import { resourceUri } from './mounts.ts';

/** Which mounts the providers that clients talk to are for, where they name some. */
export interface ServedMounts {
  /** Whether clients of a resource are sent to it. */
  serves(provider: DirectProvider, resource: string): boolean;
  /** The same verifier, for its mounts alone: at others its tokens are refused whatever they say. */
  limited(provider: DirectProvider, verifier: Verifier): Verifier;
}

/** Reads them. Throws ConfigError for a mount that is not there, and for one that no provider is left for. */
export function servedMounts(
  providers: readonly Provider[],
  publicUrl: URL,
  resources: readonly ProtectedResource[],
): ServedMounts {
  const serves = ({ mounts }: DirectProvider, resource: string): boolean =>
    mounts === undefined || mounts.some((path) => resourceUri(publicUrl, path) === resource);
  const known = new Set(resources.map(({ uri }) => uri));
  const strange = providers.flatMap((provider) =>
    (provider.kind === 'direct' ? (provider.mounts ?? []) : [])
      .filter((path) => !known.has(resourceUri(publicUrl, path)))
      .map((path) => `auth: ${provider.name} is for the mount ${path}, which this host does not have`),
  );
  const left = resources
    .filter(
      ({ uri }) =>
        providers.length > 0 && providers.every((provider) => provider.kind === 'direct' && !serves(provider, uri)),
    )
    .map(({ uri }) => `auth: no provider is for ${uri}; name its mount in \`mounts\` of one`);
  if (strange.length + left.length > 0) throw new ConfigError([...strange, ...left]);
  return {
    serves,
    limited: (provider, verifier) =>
      provider.mounts === undefined
        ? verifier
        : {
            ...verifier,
            async verify(token, resource, key, turn) {
              if (!serves(provider, resource.href)) throw new InvalidToken('provider_of_other_mounts');
              return verifier.verify(token, resource, key, turn);
            },
          },
  };
}
