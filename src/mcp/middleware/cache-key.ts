import type { Principal } from '../../core/principal.ts';
import { sha256 } from '../../core/secrets.ts';
import { askable } from '../ask.ts';
import { clientOf } from '../context.ts';
import type { Operation } from './middleware.ts';

/** Claims that tell one token from the next, and nothing of its holder. */
const OF_ONE_TOKEN = new Set(['exp', 'iat', 'nbf', 'jti']);

/**
 * The key of an answer: of one place, for one item and these very arguments, for clients that can be asked the same, and unless it is
 * for everybody, for one caller: issuer, kind, subject, client, tenant, scopes, and all that the token says.
 */
export function cacheKey(operation: Operation, place: Place, forEverybody: boolean): string {
  const { kind, name, item, input, context } = operation;
  const { principal } = context;
  const asked = askable(clientOf(context)?.capabilities ?? {});
  const about = [kind, name ?? null, item?.definedAs ?? null, inOrder(input ?? null), Object.keys(asked)];
  return `answer:${sha256(JSON.stringify([place, about, forEverybody ? 'everybody' : partition(principal)]))}`;
}

/** A name that the operator gave; or the number of a server in this process, and its mount. */
export type Place = string | readonly [server: number, mount: string | undefined];

function partition({ issuer, kind, subject, clientId, tenant, scopes, claims }: Principal): readonly unknown[] {
  const said = Object.fromEntries(Object.entries(claims).filter(([name]) => !OF_ONE_TOKEN.has(name)));
  return [issuer, kind, subject, clientId, tenant ?? null, [...scopes].sort(), inOrder(said)];
}

/** The same for members in another order. Names and values stay apart from lists: no two values have one form. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return ['list', ...value.map(inOrder)];
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return ['members', ...members.map(([name, member]) => [name, inOrder(member)])];
}
