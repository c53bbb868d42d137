import { type ResourceSource, singleOnly } from './source.ts';

/** A text that is always the same; `text/plain` unless the definition says otherwise. */
export const textResource = (text: string): ResourceSource => ({
  advice: singleOnly,
  read: async ({ uri }, _context, mimeType = 'text/plain') => ({ contents: [{ uri, mimeType, text }] }),
});
