/**
 * Preloaded (`--import`) into a program that cannot be given a token: adds it to every request that the program sends
 * to one origin, by fetch, undici or node:http. Host and Origin stay as the program sets them.
 */
import { subscribe } from 'node:diagnostics_channel';
import http from 'node:http';
import { syncBuiltinESMExports } from 'node:module';

const { INJECT_ORIGIN = '', INJECT_TOKEN = '' } = process.env;
const bearer = `Bearer ${INJECT_TOKEN}`;

interface UndiciRequest {
  readonly origin: string | URL;
  addHeader(name: string, value: string): void;
}

subscribe('undici:request:create', (message) => {
  const { request } = message as { readonly request: UndiciRequest };
  if (String(request.origin) === INJECT_ORIGIN) request.addHeader('authorization', bearer);
});

const send = http.request;
http.request = ((options: http.RequestOptions, ...rest: []) => {
  const request = send(options, ...rest);
  if (`http://${options.hostname}:${options.port}` === INJECT_ORIGIN) request.setHeader('authorization', bearer);
  return request;
}) as typeof send;
syncBuiltinESMExports();
