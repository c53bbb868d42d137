import { afterAll, beforeAll, describe, it } from 'vitest';
import { maintenanceLaws, storeLaws } from '../contracts/index.ts';
import { describePostgres, type SharedPostgres, sharedPostgres } from '../support/postgres-server.ts';
import { postgresUnderTest } from './shared-stores.ts';

describePostgres('the laws of a store', () => {
  let postgres: SharedPostgres;
  beforeAll(async () => {
    postgres = await sharedPostgres();
  });
  afterAll(() => postgres.close());

  describe('the PostgreSQL store', () => {
    it.each([...storeLaws, ...maintenanceLaws])('$title', (law) => law.check(() => postgresUnderTest(postgres, false)));
  });
  describe('the sealed PostgreSQL store', () => {
    it.each(storeLaws)('$title', (law) => law.check(() => postgresUnderTest(postgres, true)));
  });
});
