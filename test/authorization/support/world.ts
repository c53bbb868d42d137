import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import type { AuthorizationServer } from '../../../src/authorization/authorization-server.ts';
import type { AuthorizationOptions } from '../../../src/authorization/options.ts';
import { createAuthorizationServer } from '../../../src/authorization/server.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { silentLog } from '../../../src/core/log.ts';
import type { ProtectedResource } from '../../../src/core/protected-resource.ts';
import { safeFetch } from '../../../src/core/safe-fetch.ts';
import { memoryStore } from '../../../src/store/memory.ts';
import type { Store } from '../../../src/store/store.ts';

/** One running authorization server with three mounts and the people alice and bob. */
export interface World {
  readonly issuer: string;
  /** Where requests go: another address than the issuer's on a second node. */
  readonly at: string;
  readonly authorization: AuthorizationServer;
  readonly store: Store;
  /** Resource identifiers: notes and math with scopes, bare without any. */
  readonly notes: string;
  readonly math: string;
  readonly bare: string;
  close(): Promise<void>;
}

export const PASSWORD = 'correct horse battery';

const info = (description: string, implies: readonly string[] = []) => ({ description, implies });

export function resourcesAt(base: string): readonly ProtectedResource[] {
  return [
    {
      uri: `${base}/notes/mcp`,
      name: 'notes',
      scopes: new Map([
        ['notes:read', info('Read your notes')],
        ['notes:write', info('Write notes', ['notes:read'])],
        ['notes:admin', info('Delete notes', ['notes:write'])],
      ]),
      defaultScopes: ['notes:read'],
    },
    { uri: `${base}/math/mcp`, name: 'math', scopes: new Map([['math:use', info('Calculate')]]), defaultScopes: [] },
    { uri: `${base}/bare/mcp`, name: 'bare', scopes: new Map(), defaultScopes: [] },
  ];
}

/** How a world differs from the plain one. */
export interface WorldOptions extends Partial<AuthorizationOptions> {
  /** The path of the public URL. */
  readonly path?: string;
  /** The mounts it has, by name; all where left out. */
  readonly mounts?: readonly string[];
  /** A server that listens already, in place of one of its own: what it served before is replaced. */
  readonly server?: Server;
  /** The world that this is a second node of, or the same after a restart. */
  readonly twinOf?: World;
}

/** Starts a server on a free port. */
export async function startWorld({
  path = '',
  mounts,
  server: given,
  twinOf,
  ...overrides
}: WorldOptions = {}): Promise<World> {
  const app = express();
  const server = given ?? createServer();
  if (given === undefined) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
  const base = twinOf?.issuer ?? at;
  const store = overrides.store ?? twinOf?.store ?? memoryStore();
  const resources = resourcesAt(base).filter(({ name }) => mounts === undefined || mounts.includes(name));
  const authorization = await createAuthorizationServer({
    publicUrl: new URL(base),
    clock: systemClock,
    log: silentLog,
    resources,
    branding: { name: 'Test' },
    consent: 'always',
    fetch: safeFetch(),
    ...overrides,
    store,
  });
  app.use((request, response, next) => {
    const document = authorization.documents.get(request.path);
    if (document === undefined) return next();
    response.json(document);
  });
  app.use(path === '' ? '/' : path, authorization.router);
  app.use((_request, response) => {
    response.status(404).json({ error: 'nobody_answered' });
  });
  server.removeAllListeners('request').on('request', app);
  if ((await authorization.accounts.list()).length === 0) {
    await authorization.accounts.add({ username: 'alice', password: PASSWORD });
    await authorization.accounts.add({ username: 'bob', password: PASSWORD, scopes: ['notes:read'] });
  }
  return {
    issuer: base,
    at,
    authorization,
    store,
    notes: `${base}/notes/mcp`,
    math: `${base}/math/mcp`,
    bare: `${base}/bare/mcp`,
    async close() {
      await authorization.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
