import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import express from 'express';

/** The service that was there before. It knows nothing of MCP or OAuth: whoever has its key may call it. */
export interface Library {
  readonly documentUrl: URL;
  close(): void;
}

/** Starts it on a free port of this machine. */
export async function startLibrary(key: string): Promise<Library> {
  const books = [
    { id: 1, title: 'Middlemarch' },
    { id: 2, title: 'The March of Folly' },
  ];
  const app = express();
  app.get('/openapi.yaml', (_, response) => response.sendFile(join(import.meta.dirname, 'library.yaml')));
  app.use((request, response, next) => {
    if (request.headers['x-service-key'] === key) next();
    else response.status(401).json({ message: 'Not one of ours.' });
  });
  app.get('/books', ({ query: { word = '' } }, response) => {
    response.json(books.filter(({ title }) => title.toLowerCase().includes(`${word}`.toLowerCase())));
  });
  app.get('/books/:id', ({ params }, response) => {
    const book = books.find(({ id }) => id === Number(params.id));
    response.status(book ? 200 : 404).json(book ?? { message: `There is no book ${params.id}.` });
  });
  app.post('/books', express.json(), ({ body }, response) => {
    const book = { id: books.length + 1, title: String(body.title) };
    books.push(book);
    response.status(201).json(book);
  });
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { documentUrl: new URL(`http://127.0.0.1:${port}/openapi.yaml`), close: () => void server.close() };
}
