import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ConfigError, Unavailable } from '../../src/core/errors.ts';
import { sqliteStore } from '../../src/store/sqlite.ts';
import { freshFolder, movableClock } from './stores-under-test.ts';

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

function start(job: string, file: string): { readonly child: ChildProcess; readonly lines: () => readonly string[] } {
  const script = join(import.meta.dirname, 'sqlite-process.ts');
  const options = ['--disable-warning=ExperimentalWarning', script, job, file];
  const child = spawn(process.execPath, options, { stdio: ['pipe', 'pipe', 'inherit'] });
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  return { child, lines: () => text.split('\n').filter((line) => line !== '') };
}

describe('sqliteStore', () => {
  it('makes its folder, file and journals readable by the owner alone', async () => {
    const folder = join(freshFolder(), 'made', 'here');
    const store = sqliteStore({ file: join(folder, 'state.db') });
    await store.put('code:a', '1', 60);
    expect(modeOf(folder)).toBe('700');
    for (const name of ['state.db', 'state.db-wal', 'state.db-shm'])
      expect(modeOf(join(folder, name)), name).toBe('600');
    await store.close();
    expect(existsSync(join(folder, 'state.db-wal'))).toBe(false);
  });

  it('keeps what was put over a close and a new opening', async () => {
    const file = join(freshFolder(), 'state.db');
    const before = sqliteStore({ file });
    await before.put('client:a', '1', Infinity);
    await before.close();
    const after = sqliteStore({ file });
    expect(await after.get('client:a')).toBe('1');
    await after.close();
  });

  it('ST-18 removes ended records as it is written to, a few at a time', async () => {
    const { clock, advance } = movableClock();
    const file = join(freshFolder(), 'state.db');
    const store = sqliteStore({ file, clock });
    const reader = new DatabaseSync(file, { readOnly: true });
    const rows = () => Number(reader.prepare('SELECT count(*) AS n FROM records').get()?.n);
    for (let index = 0; index < 320; index += 1) await store.put(`code:${index}`, '1', 10);
    advance(11);
    expect(rows()).toBe(320);
    for (let index = 0; index < 16; index += 1) await store.put(`grant:${index}`, '1', 60);
    expect(rows()).toBe(320 + 16 - 64);
    for (let index = 0; index < 80; index += 1) await store.putIfAbsent(`client:${index}`, '1', Infinity);
    expect(rows()).toBe(16 + 80);
    reader.close();
    await store.close();
  });

  it('answers Unavailable with the cause while another process holds the file broken', async () => {
    const file = join(freshFolder(), 'state.db');
    const store = sqliteStore({ file });
    const other = new DatabaseSync(file);
    other.exec('DROP TABLE records');
    const fault = await store.get('code:a').catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(Unavailable);
    expect(fault).toMatchObject({ status: 503, reason: 'the SQLite store does not answer' });
    expect((fault as Unavailable).cause).toMatchObject({ message: 'no such table: records' });
    other.close();
    await store.close();
  });

  it('ST-10 goes on with everything else while another process writes, and writes in order once it may', async () => {
    const file = join(freshFolder(), 'state.db');
    const store = sqliteStore({ file });
    await store.put('code:a', '1', 60);
    const other = new DatabaseSync(file);
    other.exec("BEGIN IMMEDIATE; INSERT INTO records VALUES ('code:b', 'theirs', 9e9)");
    const began = performance.now();
    const writes = [
      store.put('code:a', '2', 60),
      store.putIfAbsent('code:b', 'ours', 60),
      store.put('code:a', '3', 60),
      store.take('code:a'),
      store.put('code:a', '4', 60),
    ];
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    while (performance.now() - began < 50) expect(await store.get('code:a').finally(() => nextTurn())).toBe('1');
    delay.disable();
    expect(delay.max / 1e6).toBeLessThan(1000);
    other.exec('COMMIT');
    expect(await Promise.all(writes)).toEqual([undefined, false, undefined, '3', undefined]);
    expect(await store.get('code:a')).toBe('4');
    expect(await store.get('code:b')).toBe('theirs');
    other.close();
    await store.close();
  });

  it('ST-10 answers Unavailable to every write that waited in vain, and takes the next one', async () => {
    const file = join(freshFolder(), 'state.db');
    const store = sqliteStore({ file, timeout: 50 });
    const other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    const writes = [store.put('code:a', '1', 60), store.take('code:a'), store.delete('code:a'), store.put('b', '1', 1)];
    for (const fault of await Promise.allSettled(writes)) {
      expect(fault).toMatchObject({ status: 'rejected', reason: { cause: { message: 'database is locked' } } });
    }
    other.exec('ROLLBACK');
    await store.put('code:a', '2', 60);
    expect(await store.get('code:a')).toBe('2');
    other.close();
    await store.close();
  });

  it('ST-09 refuses names and values that UTF-8 cannot keep apart', async () => {
    const store = sqliteStore({ file: ':memory:' });
    await expect(store.put('code:\ud800', '1', 60)).rejects.toThrow(TypeError);
    await expect(store.put('code:a', '\ud800', 60)).rejects.toThrow('well-formed Unicode');
    await expect(store.get('code:\ud800')).rejects.toThrow(TypeError);
    await store.put('code:\ufffd', '\ufffd', 60);
    expect(await store.get('code:\ufffd')).toBe('\ufffd');
    await store.close();
  });

  it('ST-06 refuses a file that is no SQLite database, says which, and leaves it as it was', () => {
    const folder = freshFolder();
    const file = join(folder, 'state.db');
    writeFileSync(file, 'somebody needs this text, and it is no database');
    expect(() => sqliteStore({ file })).toThrow(ConfigError);
    expect(() => sqliteStore({ file })).toThrow(`STORE_URL: the SQLite file ${file} cannot be opened (file is not a`);
    expect(readFileSync(file, 'utf8')).toBe('somebody needs this text, and it is no database');
    mkdirSync(join(folder, 'directory'));
    expect(() => sqliteStore({ file: join(folder, 'directory') })).toThrow('EISDIR');
  });
});

describe('several processes on one SQLite file', () => {
  it('lets exactly one of two processes win each name', async () => {
    const file = join(freshFolder(), 'state.db');
    const store = sqliteStore({ file });
    for (let prize = 0; prize < 200; prize += 1) await store.put(`code:${prize}`, '1', 60);
    const racers = [start('race', file), start('race', file)];
    await Promise.all(racers.map(({ child }) => once(child.stdout ?? child, 'data')));
    for (const { child } of racers) child.stdin?.end('go');
    const exits = await Promise.all(racers.map(({ child }) => once(child, 'close')));
    expect(exits).toEqual([
      [0, null],
      [0, null],
    ]);
    const wins = racers.flatMap(({ lines }) => lines().filter((line) => line !== 'ready'));
    expect(wins.filter((line) => line.startsWith('taken'))).toHaveLength(200);
    expect(wins.filter((line) => line.startsWith('written'))).toHaveLength(200);
    expect(new Set(wins).size).toBe(400);
    await store.close();
  });

  it('opens a file that does not exist yet from several processes at once', async () => {
    const file = join(freshFolder(), 'state.db');
    const racers = Array.from({ length: 4 }, () => start('race', file));
    for (const { child } of racers) child.stdin?.end('go');
    const exits = await Promise.all(racers.map(({ child }) => once(child, 'close')));
    expect(exits).toEqual(racers.map(() => [0, null]));
    expect(racers.flatMap(({ lines }) => lines().filter((line) => line.startsWith('written')))).toHaveLength(200);
  });

  it('finds everything that a process had acknowledged before it was killed', async () => {
    const file = join(freshFolder(), 'state.db');
    const { child, lines } = start('die', file);
    expect(await once(child, 'close')).toEqual([null, 'SIGKILL']);
    expect(lines()).toHaveLength(400);
    const store = sqliteStore({ file });
    for (let record = 0; record < 300; record += 1) {
      expect(await store.get(`grant:${record}`)).toBe(record % 3 === 0 ? undefined : `value ${record}`);
    }
    await store.close();
  });
});
