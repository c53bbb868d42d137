import { DatabaseSync } from 'node:sqlite';
import type { Role } from './roles.ts';

/** Somebody who works here. */
export interface User {
  readonly name: string;
  readonly role: Role;
}

/** Something that is sold. Prices are in cents. */
export interface Product {
  readonly id: number;
  readonly name: string;
  readonly price: number;
  readonly changedBy: string;
}

/** How many products there are, and what they cost on average. */
export interface Summary {
  readonly products: number;
  readonly meanPrice: number;
  /** When it was counted. */
  readonly countedAt: string;
}

/** All that the platform can do, with nothing of HTTP, MCP or OAuth in it: REST and tools are two faces of this. */
export interface Core {
  users(): readonly User[];
  search(word: string): readonly Product[];
  summary(): Summary;
  add(product: Pick<Product, 'name' | 'price'>, by: string): Product;
  /** Undefined where there is no such product. */
  setPrice(id: number, price: number, by: string): Product | undefined;
}

/** Opens the platform over an SQLite file, and begins with some users and products where it is new. */
export function openCore(file: string): Core {
  const database = new DatabaseSync(file);
  database.exec(`
    CREATE TABLE IF NOT EXISTS users (name TEXT PRIMARY KEY, role TEXT NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS products (
      id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, price INTEGER NOT NULL, changedBy TEXT NOT NULL
    ) STRICT;
    INSERT OR IGNORE INTO users VALUES ('ada', 'admin'), ('grace', 'editor'), ('edsger', 'viewer');
    INSERT OR IGNORE INTO products (name, price, changedBy) VALUES ('Kettle', 3900, 'ada'), ('Teapot', 2500, 'grace');
  `);
  const users = database.prepare('SELECT name, role FROM users ORDER BY name');
  const search = database.prepare('SELECT * FROM products WHERE instr(lower(name), lower(?)) > 0 ORDER BY name');
  const summary = database.prepare(
    'SELECT count(*) AS products, coalesce(round(avg(price)), 0) AS meanPrice FROM products',
  );
  const add = database.prepare('INSERT INTO products (name, price, changedBy) VALUES (?, ?, ?) RETURNING *');
  const setPrice = database.prepare('UPDATE products SET price = ?, changedBy = ? WHERE id = ? RETURNING *');
  return {
    users: () => users.all() as unknown as User[],
    search: (word) => search.all(word) as unknown as Product[],
    summary: () => ({ ...(summary.get() as Omit<Summary, 'countedAt'>), countedAt: new Date().toISOString() }),
    add: ({ name, price }, by) => add.get(name, price, by) as unknown as Product,
    setPrice: (id, price, by) => setPrice.get(price, by, id) as unknown as Product | undefined,
  };
}
