import assert from 'node:assert/strict';
import { law, type StoreLaw } from './store-law.ts';

/** Names that a careless store confuses: separators, globs, case, spaces, Unicode forms, NUL, prefixes of one another. */
const ODD_NAMES: readonly string[] = [
  ...['code:a', 'code:A', 'code:a ', ' code:a', 'code:a\0', 'code:a\0b', 'code:a\n', 'code:', 'code', 'code:a:b'],
  ...['code:*', 'code:?', 'code:[a]', 'code:%', 'code:_', '{code}:a', '{code:a}', 'code:\\a', "code:'a", 'code:"a"'],
  ...['code:\u00e9', 'code:e\u0301', 'code:😀', '__proto__', 'constructor', 'code:../a', `code:${'x'.repeat(100_000)}`],
];
const ODD_VALUES: readonly string[] = [
  '',
  '\0',
  'a\0b',
  '😀',
  '\ufeffa\r\n',
  '"\\',
  'null',
  '{"a":1}',
  'x'.repeat(2 ** 20),
];

/** What is put is what is found, under its own name only. */
export const keepingLaws: readonly StoreLaw[] = [
  law('gives a value back exactly, whatever characters it has, up to 1 MB', async ({ store }) => {
    for (const [index, value] of ODD_VALUES.entries()) await store.put(`value:${index}`, value, 60);
    for (const [index, value] of ODD_VALUES.entries()) {
      assert.ok((await store.get(`value:${index}`)) === value, `odd value ${index} came back changed`);
    }
  }),
  law('ST-09 keeps names apart that differ in anything, and takes none for a pattern', async ({ store }) => {
    for (const [index, name] of ODD_NAMES.entries()) await store.put(name, `${index}`, 60);
    await store.delete('code:*');
    for (const [index, name] of ODD_NAMES.entries()) {
      const expected = name === 'code:*' ? undefined : `${index}`;
      assert.equal(await store.get(name), expected, `odd name ${index} was confused with another`);
    }
  }),
  law('ST-09 keeps lone surrogates apart, or refuses them with a TypeError', async ({ store }) => {
    const kept: string[] = [];
    for (const name of ['code:\ufffd', 'code:\ud800', 'code:\udfff']) {
      try {
        await store.put(name, `${kept.length}`, 60);
        kept.push(name);
      } catch (error) {
        assert.ok(error instanceof TypeError, `refused with ${error} instead of a TypeError`);
      }
    }
    for (const [index, name] of kept.entries()) assert.equal(await store.get(name), `${index}`);
    assert.equal(kept[0], 'code:\ufffd');
  }),
  law('answers undefined for what was never put, and deletes it without complaint', async ({ store }) => {
    assert.equal(await store.get('code:none'), undefined);
    assert.equal(await store.take('code:none'), undefined);
    await store.delete('code:none');
  }),
  law('forgets what was deleted, and that alone', async ({ store }) => {
    await store.put('code:a', '1', 60);
    await store.put('code:b', '2', 60);
    await store.delete('code:a');
    assert.equal(await store.get('code:a'), undefined);
    assert.equal(await store.get('code:b'), '2');
  }),
  law('replaces a value by put', async ({ store }) => {
    await store.put('code:a', '1', 60);
    await store.put('code:a', '2', 60);
    assert.equal(await store.get('code:a'), '2');
  }),
];
