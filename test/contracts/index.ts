export { type AnnouncementLaw, type AnnouncementsUnderTest, announcementLaws } from './announcement-laws.ts';
export type { StoreLaw, StoreUnderTest } from './store-law.ts';
export { storeLaws } from './store-laws.ts';
export { maintenanceLaws } from './store-maintenance-laws.ts';
