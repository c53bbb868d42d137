import { randomUUID } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';

/** One note of one owner. */
export interface Note {
  readonly id: string;
  readonly text: string;
}

/** Notes by owner. No method reaches a note of another owner. */
export interface Notebook {
  /** In the order in which they were added. */
  list(owner: string): Note[];
  read(owner: string, id: string): string | undefined;
  /** Returns the id of the new note. */
  add(owner: string, text: string): string;
  /** Whether there was such a note. */
  delete(owner: string, id: string): boolean;
}

/** Opens the notebook in an SQLite file, and makes it where there is none. */
export function openNotebook(file: string): Notebook {
  const database = new DatabaseSync(file);
  database.exec(`
    PRAGMA journal_mode = WAL;
    CREATE TABLE IF NOT EXISTS notes (
      position INTEGER PRIMARY KEY, owner TEXT NOT NULL, id TEXT NOT NULL, text TEXT NOT NULL, UNIQUE (owner, id)
    ) STRICT`);
  const list = database.prepare('SELECT id, text FROM notes WHERE owner = ? ORDER BY position');
  const read = database.prepare('SELECT text FROM notes WHERE owner = ? AND id = ?');
  const add = database.prepare('INSERT INTO notes (owner, id, text) VALUES (?, ?, ?)');
  const remove = database.prepare('DELETE FROM notes WHERE owner = ? AND id = ?');
  return {
    list: (owner) => list.all(owner).map(({ id, text }) => ({ id: String(id), text: String(text) })),
    read: (owner, id) => read.get(owner, id)?.text?.toString(),
    add(owner, text) {
      const id = randomUUID();
      add.run(owner, id, text);
      return id;
    },
    delete: (owner, id) => remove.run(owner, id).changes === 1,
  };
}
