import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { postgresStore } from '../../src/store/postgres.ts';
import { certificateAuthority } from '../core/safe-fetch-certificate.ts';
import { describePostgresServer, type PostgresServer, postgresServer, runSql } from '../support/postgres-server.ts';
import { tcpProxy } from '../support/tcp-proxy.ts';

describePostgresServer('PostgreSQL over TLS', () => {
  let folder: string;
  let postgres: PostgresServer;
  const authority = certificateAuthority();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-'));
    await writeFile(join(folder, 'ours.pem'), authority.cert);
    await writeFile(join(folder, 'others.pem'), certificateAuthority().cert);
    postgres = await postgresServer(authority.certify({ commonName: 'localhost', names: ['localhost'] }));
  });
  afterAll(async () => {
    await postgres?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** A store that trusts one authority and knows the server by one of its names. */
  const open = ({ host = 'localhost', trusts = 'ours.pem', port = postgres.port } = {}) => {
    const url = new URL(`postgres://postgres@${host}:${port}/postgres?sslmode=verify-full&connections=1`);
    url.searchParams.set('sslrootcert', join(folder, trusts));
    const store = postgresStore({ url: url.href });
    onTestFinished(() => store.close());
    return store;
  };

  it('keeps records on a server whose authority and name are right, on encrypted connections alone', async () => {
    const store = open();
    await store.put('code:a', 'value', 60);
    expect(await store.take('code:a')).toBe('value');
    const encrypted = await runSql(
      postgres.url,
      "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'gatehouse'",
    );
    expect(encrypted).toEqual([{ ssl: true }]);
  });

  it.each([
    ['another authority', { trusts: 'others.pem' }, /CERT_SIGNATURE_FAILURE$/],
    ['another name', { host: '127.0.0.1' }, /ERR_TLS_CERT_ALTNAME_INVALID$/],
  ])('sends nothing to a server with %s, and says why', async (_what, change, reason) => {
    await expect(open(change).put('code:a', 'value', 60)).rejects.toMatchObject({
      status: 503,
      reason: expect.stringMatching(reason),
    });
  });

  it('sends nothing on a line that claims there is no TLS', async () => {
    const line = await tcpProxy(postgres);
    onTestFinished(() => line.close());
    line.answer = () => 'N';
    const refusal = open({ port: line.port }).put('code:a', 'value', 60);
    await expect(refusal).rejects.toMatchObject({ status: 503, cause: { message: expect.stringContaining('SSL') } });
    line.answer = undefined;
    const store = open({ port: line.port });
    await store.put('code:a', 'value', 60);
    expect(await store.take('code:a')).toBe('value');
  });
});
