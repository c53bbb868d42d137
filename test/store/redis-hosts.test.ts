import { describeRedis, sharedRedis } from '../support/redis-server.ts';
import { tcpProxy } from '../support/tcp-proxy.ts';
import { hostsOver } from './hosts-over.ts';

describeRedis('hosts over one Redis', () => {
  hostsOver('Redis', async () => {
    const redis = await sharedRedis();
    const line = await tcpProxy(redis);
    const storeUrl = new URL(redis.url);
    storeUrl.host = `127.0.0.1:${line.port}`;
    storeUrl.searchParams.set('prefix', redis.prefix());
    return {
      storeUrl: storeUrl.href,
      line,
      async stop() {
        line.open = false;
        line.cut();
      },
      async start() {
        line.open = true;
      },
      async close() {
        await line.close();
        await redis.close();
      },
    };
  });
});
