import { isScopeToken, type ScopeCatalogue } from '../../core/scope.ts';
import type { Call } from '../context.ts';

/** What the scopes of a mounted server are called outside: by name, or a function that is asked once for each that it has. */
export type ScopeMapping = Readonly<Record<string, string>> | ((scope: string) => string);

/** The scopes of a mounted server, inside and outside. */
export interface MappedScopes {
  /** Of a scope that the server declared. */
  outer(scope: string): string;
  /** What an item needs outside; undefined where it names a scope that the server did not declare: nobody may use it. */
  needed(inner: readonly string[]): readonly string[] | undefined;
  /** The call as the mounted server sees it: it speaks of its own scopes. */
  callInside(call: Call): Call;
}

/** Reads a mapping. Throws TypeError for a scope that is not there, and for a name that breaks RFC 6749 §3.3. */
export function mapScopes(catalogue: ScopeCatalogue, mapping: ScopeMapping | undefined, label: string): MappedScopes {
  const names = namesOf(catalogue, mapping, label);
  const known = new Map<string, readonly string[]>();
  const needed = (inner: readonly string[]): readonly string[] | undefined => {
    const mapped = inner.map((scope) => names.get(scope));
    if (mapped.includes(undefined)) return undefined;
    // Lists decide equal needs once, by identity.
    const key = mapped.join(' ');
    const same = known.get(key) ?? Object.freeze([...new Set(mapped as string[])]);
    known.set(key, same);
    return same;
  };
  const inside = (allows: Call['allows']) => (required: readonly string[]) => {
    const outer = needed(required);
    return outer !== undefined && allows(outer);
  };
  const changes = [...names].some(([inner, name]) => inner !== name);
  return {
    outer: (scope) => names.get(scope) ?? scope,
    needed,
    callInside(call) {
      if (!changes) return call;
      const allows = inside(call.allows);
      const held = [...names.keys()].filter((scope) => allows([scope]));
      const principal = Object.freeze({ ...call.principal, scopes: new Set(held) });
      const outerScopes = (required: readonly string[]) => {
        const outer = needed(required) ?? required;
        return call.outerScopes?.(outer) ?? outer;
      };
      return { ...call, principal, allows, outerScopes, reach: async () => inside(await call.reach()) };
    },
  };
}

function namesOf(
  catalogue: ScopeCatalogue,
  mapping: ScopeMapping | undefined,
  label: string,
): ReadonlyMap<string, string> {
  const table = new Map(typeof mapping === 'object' ? Object.entries(mapping) : []);
  const nameOf = typeof mapping === 'function' ? mapping : (scope: string) => table.get(scope) ?? scope;
  const strange = [...table.keys()].find((scope) => !catalogue.has(scope));
  if (strange !== undefined) throw new TypeError(`${label} has no scope ${JSON.stringify(strange)} to map.`);
  return new Map(
    [...catalogue.keys()].map((scope) => {
      const name: unknown = nameOf(scope);
      if (typeof name === 'string' && isScopeToken(name)) return [scope, name];
      throw new TypeError(
        `${label}: the scope "${scope}" is mapped to ${JSON.stringify(name)}, which is not a scope token (RFC 6749 §3.3).`,
      );
    }),
  );
}
