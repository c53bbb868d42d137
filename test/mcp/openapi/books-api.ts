import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';

/** A request as the API saw it. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
}

/** A small API over HTTP, and what it was asked. */
export interface BooksApi {
  readonly url: string;
  /** The last request. */
  seen(): Seen | undefined;
  close(): Promise<void>;
}

const BOOK = { id: 7, title: 'Middlemarch', tags: ['novel'] };

/** Starts it on a free port of this machine. */
export async function booksApi(): Promise<BooksApi> {
  let last: Seen | undefined;
  const app = express();
  app.use(express.json(), express.urlencoded(), express.text());
  app.use((request, _response, next) => {
    const { method, originalUrl: url, headers, body } = request;
    last = { method, url, headers, body };
    next();
  });
  app.get('/v1/openapi.yaml', (_request, response) => void response.type('application/yaml').send(BOOKS_YAML));
  app.get('/v1/books', (_request, response) => void response.json([BOOK]));
  app.post('/v1/books', (request, response) => void response.status(201).json({ ...BOOK, ...request.body }));
  app.get('/v1/books/:id', ({ params }, response) => {
    if (params.id === '7') return void response.json(BOOK);
    if (params.id === '8') return void response.json({ id: 'eight' });
    response.status(404).json({ message: `no book ${params.id}` });
  });
  app.delete('/v1/books/:id', (_request, response) => void response.status(204).end());
  app.get('/v1/odd/:what', ({ params }, response) => {
    if (params.what === 'redirect') return void response.redirect(302, '/v1/books');
    if (params.what === 'refused') return void response.status(401).send('a word about the key');
    if (params.what === 'failed') return void response.status(500).send('stack of the API');
    if (params.what === 'large') return void response.json('x'.repeat(5000));
    if (params.what === 'slow') return void response.once('close', () => undefined);
    if (params.what === 'block')
      return void response.json({ content: [{ type: 'text', text: 'mine' }], isError: true });
    if (params.what === 'picture') return void response.type('image/png').send(Buffer.from([1, 2, 3]));
    response.type('text/plain').send('plain words');
  });
  app.post(
    '/token',
    (_request, response) => void response.json({ access_token: 'ours', token_type: 'Bearer', expires_in: 60 }),
  );
  app.use((_request, response) => void response.json({}));
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen: () => last,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What the API says of itself. */
export const BOOKS_YAML = `
openapi: 3.0.3
info: { title: Book shelf, version: 2.1.0 }
servers: [{ url: /v1 }]
security: [{ oauth: ['books:read'] }]
paths:
  /books:
    get:
      operationId: listBooks
      summary: List the books
      tags: [reading]
      parameters:
        - { name: tag, in: query, schema: { type: array, items: { type: string } } }
        - { name: filter, in: query, style: deepObject, explode: true, schema: { type: object } }
        - { name: X-Trace, in: header, schema: { type: string } }
        - { name: session, in: cookie, schema: { type: string } }
      responses:
        '200': { description: Books, content: { application/json: { schema: { type: array, items: { $ref: '#/components/schemas/Book' } } } } }
    post:
      operationId: addBook
      security: [{ oauth: ['books:write'] }]
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Book' } } } }
      responses:
        '201': { description: Kept, content: { application/json: { schema: { $ref: '#/components/schemas/Book' } } } }
  /books/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
    get:
      operationId: get book!
      responses:
        '200': { description: One, content: { application/json: { schema: { $ref: '#/components/schemas/Book' } } } }
    delete:
      deprecated: true
      security: [{ oauth: ['books:write'] }, {}]
      responses: { '204': { description: Gone } }
  /odd/{what}:
    get:
      operationId: odd
      security: []
      parameters: [{ name: what, in: path, required: true, schema: { type: string } }]
      responses: { default: { description: Something } }
components:
  securitySchemes:
    oauth:
      type: oauth2
      flows: { clientCredentials: { tokenUrl: /token, scopes: { 'books:read': See your books, 'books:write': Change your books } } }
  schemas:
    Book:
      type: object
      required: [id, title]
      properties:
        id: { type: integer, readOnly: true }
        title: { type: string, minLength: 1, example: Emma }
        subtitle: { type: string, nullable: true }
        tags: { type: array, items: { type: string } }
        sequel: { $ref: '#/components/schemas/Book' }
`;
