import express, { type Router } from 'express';
import type { Orders } from './orders.ts';

/** The shop as it was before anybody thought of MCP: its own body parser, its own routes, its own 404. */
export function shop(orders: Orders): Router {
  const router = express.Router();
  router.use(express.json());
  router.get('/', (_, response) => {
    response.send(`<h1>Shop</h1><p>${orders.list().length} orders</p>`);
  });
  router.get('/api/orders', (_, response) => {
    response.json(orders.list());
  });
  router.post('/api/orders', (request, response) => {
    response.status(201).json(orders.add(String(request.body?.item)));
  });
  router.use((request, response) => {
    response.status(404).send(`The shop has no page ${request.path}.`);
  });
  return router;
}
