export type { StoreLaw, StoreUnderTest } from './store-law.ts';
export { storeLaws } from './store-laws.ts';
export { maintenanceLaws } from './store-maintenance-laws.ts';
