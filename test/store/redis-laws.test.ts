import { afterAll, beforeAll, describe, it } from 'vitest';
import { maintenanceLaws, storeLaws } from '../contracts/index.ts';
import { describeRedis, type SharedRedis, sharedRedis } from '../support/redis-server.ts';
import { redisUnderTest } from './shared-stores.ts';

describeRedis('the laws of a store', () => {
  let redis: SharedRedis;
  beforeAll(async () => {
    redis = await sharedRedis();
  });
  afterAll(() => redis.close());

  describe('the Redis store', () => {
    it.each([...storeLaws, ...maintenanceLaws])('$title', (law) => law.check(() => redisUnderTest(redis, false)));
  });
  describe('the sealed Redis store', () => {
    it.each(storeLaws)('$title', (law) => law.check(() => redisUnderTest(redis, true)));
  });
});
