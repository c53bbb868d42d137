import type { Surface } from './surface.ts';

/**
 * Every scope that a message needs before it may run, requests and notifications alike. Nothing for a method that is
 * about no item, and nothing for an item that does not exist: that is told after sign-in, not by a challenge.
 */
export function requiredScopes(
  surface: Surface,
  method: string,
  params: Readonly<Record<string, unknown>>,
): readonly string[] {
  switch (method) {
    case 'tools/call':
      return surface.tools.get(text(params.name))?.scopes ?? [];
    case 'prompts/get':
      return surface.prompts.get(text(params.name))?.scopes ?? [];
    case 'resources/read':
    case 'resources/subscribe':
    case 'resources/unsubscribe':
      return surface.find(text(params.uri))?.item.scopes ?? [];
    case 'completion/complete':
      return completionScopes(surface, member(params, 'ref'));
    case 'subscriptions/listen':
      return subscriptionScopes(surface, member(member(params, 'notifications'), 'resourceSubscriptions'));
    default:
      return [];
  }
}

function completionScopes(surface: Surface, ref: unknown): readonly string[] {
  const uri = text(member(ref, 'uri'));
  const item =
    member(ref, 'type') === 'ref/prompt'
      ? surface.prompts.get(text(member(ref, 'name')))
      : (surface.templates.get(uri) ?? surface.find(uri)?.item);
  return item?.scopes ?? [];
}

function subscriptionScopes(surface: Surface, uris: unknown): readonly string[] {
  if (!Array.isArray(uris)) return [];
  return [...new Set(uris.flatMap((uri) => surface.find(text(uri))?.item.scopes ?? []))];
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
