/**
 * Preloaded (`--import`) into a program that cannot be given a token: adds it to every request that the program sends
 * to one origin with fetch or undici. Host and Origin stay as the program sets them.
 */
import { subscribe } from 'node:diagnostics_channel';

const { INJECT_ORIGIN = '', INJECT_TOKEN = '' } = process.env;

interface UndiciRequest {
  readonly origin: string | URL;
  addHeader(name: string, value: string): void;
}

subscribe('undici:request:create', (message) => {
  const { request } = message as { readonly request: UndiciRequest };
  if (String(request.origin) === INJECT_ORIGIN) request.addHeader('authorization', `Bearer ${INJECT_TOKEN}`);
});
