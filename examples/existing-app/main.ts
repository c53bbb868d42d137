/** An Express app that was there before, and a protected MCP server inside of it. */
import express from 'express';
import { createHost } from 'mcp-gatehouse';
import { local } from 'mcp-gatehouse/providers/local';
import { addCallers } from '../callers.ts';
import { orderTools } from './order-tools.ts';
import { openOrders } from './orders.ts';
import { shop } from './shop.ts';

const orders = openOrders();

const host = createHost({ auth: local(), storeUrl: 'memory:' });
host.mount('/orders', orderTools(orders));
await addCallers(host, { people: { ada: 'all', grace: ['orders:read'] } });

const app = express();
app.use(host.router); // The one new line: before the app's own 404. It takes its own paths and passes all others on.
app.use(shop(orders));

const { port, host: hostname, publicUrl } = host.config;
const server = app.listen(port, hostname, () => {
  console.log(`the shop is at ${publicUrl.href}, its MCP server at ${publicUrl.href}orders/mcp`);
});
process.once('SIGTERM', end).once('SIGINT', end);

async function end(): Promise<void> {
  server.close();
  await host.close();
}
