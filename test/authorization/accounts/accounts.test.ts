import { describe, expect, it } from 'vitest';
import { allowedScopes, InvalidAccount } from '../../../src/authorization/accounts/account.ts';
import { accounts } from '../../../src/authorization/accounts/accounts.ts';
import type { ScopeCatalogue } from '../../../src/core/scope.ts';
import { memoryStore } from '../../../src/store/memory.ts';
import type { Store } from '../../../src/store/store.ts';

const clock = () => 1_800_000_000;
const password = 'nine lives of a cat';

const open = (store: Store = memoryStore()) => ({ store, people: accounts({ store, clock }) });

/** A store that stops answering after so many writes, as a process does that is killed. */
function dyingAfter(store: Store, writes: number): Store {
  let left = writes;
  const alive = async () => {
    left -= 1;
    if (left < 0) throw new Error('killed');
  };
  return {
    ...store,
    put: (...args) => alive().then(() => store.put(...args)),
    putIfAbsent: (...args) => alive().then(() => store.putIfAbsent(...args)),
    delete: (...args) => alive().then(() => store.delete(...args)),
  };
}

describe('accounts', () => {
  it('know a person by the password that was given, and by no other', async () => {
    const { people } = open();
    const ada = await people.add({ username: 'ada', password, name: 'Ada', scopes: ['notes:read'] });
    expect(ada.subject).toMatch(/^user_[\w-]{22}$/);
    expect(await people.verify('ada', password)).toEqual(ada);
    expect(await people.verify('ada', `${password}!`)).toBeUndefined();
    expect(await people.verify('grace', password)).toBeUndefined();
  });

  it('keep neither the password nor the username in clear where it is looked up', async () => {
    const store = memoryStore();
    const written: string[] = [];
    const spying: Store = {
      ...store,
      put(key, value, ttl) {
        written.push(key, value);
        return store.put(key, value, ttl);
      },
      putIfAbsent(key, value, ttl) {
        written.push(key);
        return store.putIfAbsent(key, value, ttl);
      },
    };
    await open(spying).people.add({ username: 'ada', password });
    expect(written.join('\n')).not.toContain(password);
    expect(written.filter((text) => text.startsWith('account')).join('\n')).not.toMatch(/:ada$/m);
    expect(written.join('\n')).toMatch(/\$scrypt\$ln=15,r=8,p=1\$/);
  });

  it.each([
    ['upper case', 'ADA'],
    ['full width', 'ａｄａ'],
    ['white space around it', ' ada '],
  ])('find a username written in %s', async (_what, username) => {
    const { people } = open();
    const ada = await people.add({ username: 'ada', password });
    expect(await people.verify(username, password)).toEqual(ada);
    await expect(people.add({ username: username.trim(), password })).rejects.toThrow(/There is an account named/);
  });

  it('CO-20 compare passwords in one normal form: composed and decomposed are the same', async () => {
    const { people } = open();
    await people.add({ username: 'ada', password: 'caf\u00e9 noir' });
    expect(await people.verify('ada', 'cafe\u0301 noir')).toBeDefined();
    expect(await people.verify('ada', 'cafe noir')).toBeUndefined();
  });

  it('CO-20 refuse a password beyond the bounds without hashing it', async () => {
    const untouched: Store = { ...memoryStore(), get: () => Promise.reject(new Error('asked')) };
    const { people } = open(untouched);
    for (const unfit of ['x'.repeat(1025), 'x'.repeat(1_000_000), `${password}\0`, '\ud800'.repeat(8), 'short']) {
      expect(await people.verify('ada', unfit)).toBeUndefined();
    }
    await expect(people.verify('ada', password)).rejects.toThrow('asked');
  });

  it('take a password of exactly 8 and of exactly 1,024 bytes, and no other length', async () => {
    const { people } = open();
    for (const [index, good] of ['x'.repeat(8), 'x'.repeat(1024)].entries()) {
      await people.add({ username: `user${index}`, password: good });
      expect(await people.verify(`user${index}`, good)).toBeDefined();
    }
    for (const bad of ['x'.repeat(7), 'x'.repeat(1025), 'é'.repeat(513)]) {
      await expect(people.add({ username: 'bob', password: bad })).rejects.toThrow('must have 8 to 1024 bytes');
    }
  });

  it.each([
    ['an empty username', { username: '' }, 'The username must have 1 to 64 visible characters and no spaces.'],
    ['a username with a space', { username: 'a b' }, 'The username must have 1 to 64'],
    ['a username with a bidi override', { username: 'ada\u202e' }, 'The username must have 1 to 64'],
    ['a username of 65 characters', { username: 'a'.repeat(65) }, 'The username must have 1 to 64'],
    ['a name with a line break', { name: 'A\nda' }, 'The name must have 1 to 200 visible characters.'],
    ['a scope that is none', { scopes: ['notes read'] }, 'The scope "notes read" is not a scope name.'],
    ['a password with a NUL', { password: 'nine lives\0 of a cat' }, 'The password holds a character'],
  ])('refuse %s', async (_what, part, message) => {
    const adding = open().people.add({ username: 'ada', password, ...part });
    await expect(adding).rejects.toBeInstanceOf(InvalidAccount);
    await expect(adding).rejects.toThrow(message);
  });

  it('give a username to exactly one of five who ask at once', async () => {
    const { people } = open();
    const asked = await Promise.allSettled(Array.from({ length: 5 }, () => people.add({ username: 'ada', password })));
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await people.list()).toHaveLength(1);
  });

  it('list everybody by name, and nobody who was removed', async () => {
    const { people } = open();
    for (const username of ['grace', 'ada', 'bob']) await people.add({ username, password });
    expect(await people.remove('BOB')).toBe(true);
    expect(await people.remove('bob')).toBe(false);
    expect((await people.list()).map(({ username }) => username)).toEqual(['ada', 'grace']);
  });

  it('CO-21 know a removed account no more, nor give its subject to the next of that name', async () => {
    const { people } = open();
    const first = await people.add({ username: 'ada', password });
    await people.remove('ada');
    expect(await people.find(first.subject)).toBeUndefined();
    expect(await people.verify('ada', password)).toBeUndefined();
    const second = await people.add({ username: 'ada', password });
    expect(second.subject).not.toBe(first.subject);
    expect(await people.find(first.subject)).toBeUndefined();
    expect(await people.find(second.subject)).toEqual(second);
  });

  it('change a password, of somebody who exists', async () => {
    const { people } = open();
    await people.add({ username: 'ada', password });
    await people.setPassword('ada', 'another one entirely');
    expect(await people.verify('ada', password)).toBeUndefined();
    expect(await people.verify('ada', 'another one entirely')).toBeDefined();
    await expect(people.setPassword('bob', password)).rejects.toThrow('There is no account named bob.');
    await expect(people.setPassword('ada', 'short')).rejects.toThrow('must have 8 to 1024 bytes');
  });

  it('leave nobody half made when they are cut short at any write', async () => {
    for (let writes = 0; writes < 3; writes += 1) {
      const { store, people } = open();
      await expect(open(dyingAfter(store, writes)).people.add({ username: 'ada', password })).rejects.toThrow('killed');
      expect(await people.list()).toEqual([]);
      expect(await people.verify('ada', password)).toBeUndefined();
      expect(await people.add({ username: 'ada', password })).toBeDefined();
    }
  });

  it('leave nobody half removed when they are cut short at any write', async () => {
    for (let writes = 1; writes < 3; writes += 1) {
      const { store, people } = open();
      const { subject } = await people.add({ username: 'ada', password });
      await expect(open(dyingAfter(store, writes)).people.remove('ada')).rejects.toThrow('killed');
      expect(await people.find(subject)).toBeUndefined();
      expect(await people.verify('ada', password)).toBeUndefined();
      expect(await people.add({ username: 'ada', password })).toBeDefined();
    }
  });

  it('DS-07 leave the event loop free while they hash', async () => {
    let turns = 0;
    let hashing = true;
    const turn = () => {
      turns += 1;
      if (hashing) setImmediate(turn);
    };
    setImmediate(turn);
    await open().people.verify('ada', password);
    hashing = false;
    expect(turns).toBeGreaterThan(20);
  });

  it('CO-20 take as long over somebody who does not exist', async () => {
    const { people } = open();
    await people.add({ username: 'ada', password });
    const spent = { ada: 0, nobody: 0 };
    for (const username of ['ada', 'nobody', 'nobody', 'ada'] as const) {
      const started = performance.now();
      await people.verify(username, 'not the right one');
      spent[username] += performance.now() - started;
    }
    expect(spent.nobody / spent.ada).toBeGreaterThan(0.25);
    expect(spent.nobody / spent.ada).toBeLessThan(4);
  });
});

describe('the scopes an account may hand out', () => {
  const catalogue: ScopeCatalogue = new Map([
    ['notes:read', { description: 'Read', implies: [] }],
    ['notes:write', { description: 'Write', implies: ['notes:read'] }],
    ['notes:admin', { description: 'Delete', implies: ['notes:write'] }],
  ]);
  const account = { subject: 'user_x', username: 'ada' };

  it('are all of the mount for `all`', () => {
    expect([...allowedScopes({ ...account, scopes: 'all' }, catalogue)]).toEqual([...catalogue.keys()]);
  });

  it('are those listed with what they imply, as far as the mount knows them', () => {
    const scopes = ['notes:write', 'elsewhere:admin'];
    expect([...allowedScopes({ ...account, scopes }, catalogue)]).toEqual(['notes:read', 'notes:write']);
    expect([...allowedScopes({ ...account, scopes: [] }, catalogue)]).toEqual([]);
  });
});
