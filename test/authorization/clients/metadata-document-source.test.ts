import { createServer, type Server } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { defaultMetadataDocumentPolicy } from '../../../src/authorization/clients/metadata-document.ts';
import {
  type MetadataDocumentSourceOptions,
  metadataDocumentSource,
} from '../../../src/authorization/clients/metadata-document-source.ts';
import { Unavailable } from '../../../src/core/errors.ts';
import { type Log, type LogFields, silentLog } from '../../../src/core/log.ts';
import { type SafeFetch, safeFetch } from '../../../src/core/safe-fetch.ts';
import { certificateAuthority } from '../../core/safe-fetch-certificate.ts';

interface Answer {
  status?: number;
  headers?: Record<string, string>;
  document?: (url: string) => string | undefined;
}

const authority = certificateAuthority();
const names = ['a.test', 'b.test', ...Array.from({ length: 5 }, (_, index) => `h${index}.test`)];
const documentOf = (url: string): string =>
  JSON.stringify({ client_id: url, client_name: 'Client', redirect_uris: ['https://a.test/cb'] });

let server: Server;
let fetch: SafeFetch;
let answer: Answer;
let asked: string[];
let now: number;
let lines: { event: string; fields: LogFields | undefined }[];

beforeAll(async () => {
  server = createServer(authority.certify({ commonName: 'a.test', names }), (request, response) => {
    const url = `https://${request.headers.host}${request.url}`;
    asked.push(url);
    const { status = 200, headers = {}, document = documentOf } = answer;
    const text = document(url);
    if (text === undefined) return void request.socket.destroy();
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  fetch = safeFetch({
    ca: authority.cert,
    resolve: async (name) => (name === 'inside.test' ? ['10.0.0.1'] : ['1.1.1.1']),
    connect: () => connect(port, '127.0.0.1'),
    maxConcurrentPerHost: 50,
    maxConcurrent: 50,
  });
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

beforeEach(() => {
  answer = {};
  asked = [];
  lines = [];
  now = 1_800_000_000;
});

const log: Log = {
  ...silentLog,
  info: (event, fields) => lines.push({ event, fields }),
  warn: (event, fields) => lines.push({ event, fields }),
};

const source = (options: Partial<MetadataDocumentSourceOptions> = {}) =>
  metadataDocumentSource({ fetch, clock: () => now, log, ...options });

const URL_A = 'https://a.test/client.json';

describe('metadataDocumentSource', () => {
  it('CI-15 fetches a document once while it is fresh, and again afterwards', async () => {
    answer.headers = { 'cache-control': 'max-age=60' };
    const { find } = source();
    expect(await find(URL_A)).toMatchObject({ client_id: URL_A, token_endpoint_auth_method: 'none' });
    now += 59;
    expect(await find(URL_A)).toBeDefined();
    expect(asked).toEqual([URL_A]);
    now += 1;
    expect(await find(URL_A)).toBeDefined();
    expect(asked).toEqual([URL_A, URL_A]);
  });

  it.each(['no-store', 'max-age=0', 'no-cache', 'max-age=-5'])(
    'CI-15 fetches each time where it says %s',
    async (value) => {
      answer.headers = { 'cache-control': value };
      const { find } = source();
      for (let time = 1; time <= 3; time += 1) {
        expect(await find(URL_A)).toBeDefined();
        expect(asked.length).toBe(time);
      }
    },
  );

  it('CI-15 asks again after 24 hours whatever the headers say', async () => {
    answer.headers = { 'cache-control': 'max-age=9000000000' };
    const { find } = source();
    await find(URL_A);
    now += 86_399;
    await find(URL_A);
    expect(asked.length).toBe(1);
    now += 1;
    await find(URL_A);
    expect(asked.length).toBe(2);
  });

  it('CI-15 remembers a failure for 30 seconds and never as a client', async () => {
    answer.document = () => '{}';
    answer.headers = { 'cache-control': 'max-age=600' };
    const { find } = source();
    expect(await find(URL_A)).toBeUndefined();
    now += 29;
    expect(await find(URL_A)).toBeUndefined();
    expect(asked.length).toBe(1);
    answer = {};
    now += 1;
    expect(await find(URL_A)).toMatchObject({ client_id: URL_A });
    expect(lines).toEqual([
      {
        event: 'client_document_refused',
        fields: {
          client: URL_A,
          reason: 'invalid_client_metadata',
          words: 'The client_id in the metadata document is not exactly the URL it was fetched from.',
        },
      },
    ]);
  });

  it('CI-15 takes no 304 for a document it does not have', async () => {
    answer.status = 304;
    expect(await source().find(URL_A)).toBeUndefined();
  });

  it('CI-09 calls an answer of 404 no client, and trouble of the host no verdict', async () => {
    answer.status = 404;
    expect(await source().find(URL_A)).toBeUndefined();
    for (const status of [429, 500, 503]) {
      answer.status = status;
      await expect(source().find(URL_A)).rejects.toMatchObject({
        code: 'temporarily_unavailable',
        status: 503,
        reason: 'client_document_unreachable',
      });
    }
  });

  it('serves the last good copy while its host is in trouble, until it is a day old', async () => {
    answer.headers = { 'cache-control': 'max-age=60' };
    const { find } = source();
    await find(URL_A);
    answer = { document: () => undefined };
    now += 3600;
    expect(await find(URL_A)).toMatchObject({ client_id: URL_A });
    expect(await find(URL_A)).toMatchObject({ client_id: URL_A });
    expect(asked.length).toBe(2);
    now += 86_400;
    await expect(find(URL_A)).rejects.toBeInstanceOf(Unavailable);
    await expect(find(URL_A)).rejects.toBeInstanceOf(Unavailable);
    expect(asked.length).toBe(3);
  });

  it('keeps no copy to fall back on where the publisher says no-store', async () => {
    answer.headers = { 'cache-control': 'no-store' };
    const { find } = source();
    await find(URL_A);
    answer = { document: () => undefined };
    await expect(find(URL_A)).rejects.toBeInstanceOf(Unavailable);
  });

  it('forgets a document that its publisher has made unacceptable', async () => {
    answer.headers = { 'cache-control': 'max-age=60' };
    const { find } = source();
    await find(URL_A);
    answer = { document: () => '{}' };
    now += 60;
    expect(await find(URL_A)).toBeUndefined();
    answer = { document: () => undefined };
    now += 30;
    await expect(find(URL_A)).rejects.toBeInstanceOf(Unavailable);
  });

  it('CI-16 makes one fetch for 100 lookups of one client at once', async () => {
    const { find } = source();
    const clients = await Promise.all(Array.from({ length: 100 }, () => find(URL_A)));
    expect(clients.every((client) => client?.client_id === URL_A)).toBe(true);
    expect(asked).toEqual([URL_A]);
  });

  it('CI-16 tries a limited number of unproven URLs of one host in a minute; other hosts and proven URLs go on', async () => {
    answer.headers = { 'cache-control': 'no-store' };
    const { find } = source({ newPerHostAndMinute: 2 });
    await find(URL_A);
    answer.document = (url) => (url === URL_A || url.startsWith('https://b.test') ? documentOf(url) : '{}');
    expect(await find('https://a.test/1')).toBeUndefined();
    await expect(find('https://a.test/2')).rejects.toMatchObject({
      reason: 'client_document_deferred',
      retryAfter: 60,
    });
    expect(asked).toEqual([URL_A, 'https://a.test/1']);
    expect(await find(URL_A)).toBeDefined();
    expect(await find('https://b.test/1')).toBeDefined();
    now += 60;
    expect(await find('https://a.test/2')).toBeUndefined();
  });

  it('CI-16 answers 429 to a network that names too many unproven URLs, of whatever hosts; others go on', async () => {
    let network: string | undefined = 'here';
    const { find } = source({ newPerNetworkAndMinute: 2, newPerHostAndMinute: 4, askingNetwork: () => network });
    await find('https://a.test/1');
    await find('https://b.test/1');
    await expect(find('https://a.test/2')).rejects.toMatchObject({ status: 429, retryAfter: 60 });
    expect(await find('https://a.test/1')).toBeDefined();
    for (network of ['there', 'elsewhere', undefined]) expect(await find(`https://a.test/${network}`)).toBeDefined();
    await expect(find('https://a.test/5')).rejects.toMatchObject({ status: 503, retryAfter: 60 });
    expect(asked.length).toBe(5);
    network = 'here';
    now += 60;
    expect(await find('https://a.test/2')).toBeDefined();
  });

  it('CI-16 lets one caller wait for what another is fetching, whatever is left of its budget', async () => {
    let network = 'here';
    const { find } = source({ newPerNetworkAndMinute: 1, askingNetwork: () => network });
    const [first, second] = [find(URL_A), find(URL_A)];
    network = 'there';
    const third = find(URL_A);
    expect(await Promise.all([first, second, third])).toHaveLength(3);
    expect(asked).toEqual([URL_A]);
    await expect(find('https://a.test/2')).resolves.toBeDefined();
  });

  it('CI-16 refuses a network that has no room, and nobody with it who asks for the same at once', async () => {
    let network = 'here';
    const { find } = source({ newPerNetworkAndMinute: 1, askingNetwork: () => network });
    await find('https://a.test/1');
    const refused = find(URL_A);
    network = 'there';
    const served = find(URL_A);
    await expect(refused).rejects.toMatchObject({ status: 429 });
    expect(await served).toBeDefined();
  });

  it('DS-10 remembers a limited number of documents and of failures, the ones used last', async () => {
    const { find } = source({ maxDocuments: 2 });
    const [first, second, third] = ['https://a.test/1', 'https://a.test/2', 'https://a.test/3'] as const;
    await find(first);
    await find(second);
    await find(first);
    await find(third);
    asked = [];
    await find(first);
    await find(third);
    expect(asked).toEqual([]);
    await find(second);
    expect(asked).toEqual([second]);
    answer.document = () => '{}';
    for (const path of ['4', '5', '6', '4']) expect(await find(`https://b.test/${path}`)).toBeUndefined();
    expect(asked.length).toBe(5);
    answer = {};
    asked = [];
    expect(await find(second)).toBeDefined();
    expect(asked).toEqual([]);
  });

  it('CI-01 and CI-22 fetch nothing for an identifier that is no URL of a trusted host', async () => {
    const policy = {
      ...defaultMetadataDocumentPolicy,
      trustedHosts: ['a.test'],
      fetchRules: { denyHosts: ['me.test'] },
    };
    const { find } = source({ policy });
    for (const id of [
      'c_123',
      '',
      'http://a.test/client.json',
      'https://evila.test/x',
      'https://me.test/x',
      'https://a.test/',
    ]) {
      expect(await find(id)).toBeUndefined();
    }
    expect(asked).toEqual([]);
    expect(lines.map((line) => line.fields?.reason)).toEqual(Array.from({ length: 4 }, () => 'url_not_allowed'));
    expect(await find(URL_A)).toBeDefined();
  });

  it('CI-02 calls a name that leads inside no client', async () => {
    expect(await source().find('https://inside.test/client.json')).toBeUndefined();
    expect(lines[0]?.fields).toMatchObject({ reason: 'address_not_public' });
    expect(asked).toEqual([]);
  });

  it('CI-06 and CI-07 call a redirect and a body beyond 5 KB no client', async () => {
    answer = { status: 302, headers: { location: URL_A } };
    expect(await source().find(URL_A)).toBeUndefined();
    answer = { document: (url) => documentOf(url) + ' '.repeat(5120) };
    expect(await source().find(URL_A)).toBeUndefined();
    answer = { document: (url) => documentOf(url).padEnd(4096) };
    expect(await source().find(URL_A)).toBeDefined();
    expect(lines.map((line) => line.fields?.reason)).toEqual(['redirected', 'too_large']);
  });

  it('lets a fault of the program through', async () => {
    const broken = source({ fetch: async () => Promise.reject(new TypeError('broken')) });
    await expect(broken.find(URL_A)).rejects.toThrow(TypeError);
  });
});
