export { type AnnouncementLaw, type AnnouncementsUnderTest, announcementLaws } from './announcement-laws.ts';
export { connectInMemory, type InMemoryOptions } from './connect-in-memory.ts';
export type {
  Claims,
  ProviderLaw,
  ProviderUnderTest,
  RemoteUnderTest,
  SigningUnderTest,
} from './provider-law.ts';
export { providerLaws } from './provider-laws.ts';
export type { StoreLaw, StoreUnderTest } from './store-law.ts';
export { storeLaws } from './store-laws.ts';
export { maintenanceLaws } from './store-maintenance-laws.ts';
export type { TokenAnswer, UpstreamLaw, UpstreamUnderTest } from './upstream-law.ts';
export { upstreamLaws } from './upstream-laws.ts';
