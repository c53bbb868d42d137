import { describePostgresServer, postgresServer } from '../support/postgres-server.ts';
import { tcpProxy } from '../support/tcp-proxy.ts';
import { hostsOver } from './hosts-over.ts';

describePostgresServer('hosts over one PostgreSQL', () => {
  hostsOver('PostgreSQL', async () => {
    const postgres = await postgresServer();
    const line = await tcpProxy(postgres);
    const storeUrl = new URL(postgres.url);
    storeUrl.host = `127.0.0.1:${line.port}`;
    return {
      storeUrl: storeUrl.href,
      line,
      stop: postgres.stop,
      start: postgres.restart,
      async close() {
        await line.close();
        await postgres.close();
      },
    };
  });
});
