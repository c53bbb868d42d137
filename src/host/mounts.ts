import type { ProtectedResource } from '../core/protected-resource.ts';
import { publishedUrl } from '../core/public-url.ts';
import type { Mountable } from '../mcp/mountable.ts';

/** A server and the resource it is published as. */
export interface Mount {
  readonly path: string;
  readonly definition: Mountable;
  readonly resource: ProtectedResource;
  /** Whether it speaks plain REST beside MCP. */
  readonly rest: boolean;
}

/** The identifier of the resource that a mount at this path is. */
export const resourceUri = (publicUrl: URL, path: string): string =>
  `${publishedUrl(publicUrl)}${path === '/' ? '' : path}/mcp`;

/**
 * Publishes a server under a path: `/notes` is served at `<publicUrl>/notes/mcp`, `/` at `<publicUrl>/mcp`.
 * Throws TypeError for a path that could be spelled in two ways, and for what is no server.
 */
export function createMount(publicUrl: URL, path: string, definition: Mountable, rest = false): Mount {
  const base = path === '/' ? '' : path;
  if (!/^(\/[a-z0-9][a-z0-9_-]*)*$/.test(base)) {
    throw new TypeError(
      `Mount path ${JSON.stringify(path)} must be lower-case segments such as /notes, without a trailing slash.`,
    );
  }
  if (typeof definition?.catalogue !== 'function' || typeof definition.surface !== 'function') {
    throw new TypeError(
      `Mount ${path} needs a server: what defineServer, remote, fromSdk or fromOpenApi returns (await it where it is a promise).`,
    );
  }
  const resource: ProtectedResource = {
    uri: resourceUri(publicUrl, path),
    name: definition.title ?? definition.name,
    scopes: definition.catalogue(),
    defaultScopes: definition.defaultScopes(),
  };
  return { path: base, definition, resource, rest };
}
