import { scryptSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  decoyHash,
  hashPassword,
  matchesPassword,
  passwordFault,
} from '../../../src/authorization/accounts/password.ts';

const password = 'nine lives of a cat';
const base64 = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '');

describe('password hashes', () => {
  it('carry their parameters and a salt of their own', async () => {
    const [left, right] = await Promise.all([hashPassword(password), hashPassword(password)]);
    expect(left).toMatch(/^\$scrypt\$ln=15,r=8,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
    expect(left).not.toBe(right);
    expect(await matchesPassword(password, left)).toBe(true);
    expect(await matchesPassword(password, right)).toBe(true);
    expect(await matchesPassword('nine lives of a dog', left)).toBe(false);
  });

  it('made with other parameters stay valid', async () => {
    const salt = Buffer.alloc(16, 7);
    const hash = scryptSync(password, salt, 32, { N: 2 ** 10, r: 4, p: 2 });
    expect(await matchesPassword(password, `$scrypt$ln=10,r=4,p=2$${base64(salt)}$${base64(hash)}`)).toBe(true);
  });

  it('that are none are a fault of the store, not a wrong password', async () => {
    await expect(matchesPassword(password, 'plain')).rejects.toThrow('A stored password hash cannot be read.');
  });

  it('CO-20 are made up at the same cost for somebody who does not exist, and match nothing', async () => {
    const cost = (stored: string) => stored.split('$').slice(0, 3).join('$');
    const lengths = (stored: string) => stored.split('$').map(({ length }) => length);
    const [real, decoy] = [await hashPassword(password), decoyHash()];
    expect(cost(decoy)).toBe(cost(real));
    expect(lengths(decoy)).toEqual(lengths(real));
    expect(await matchesPassword(password, decoy)).toBe(false);
  });
});

describe('a password that no account can have', () => {
  it.each([
    ['x'.repeat(7), 'too_short'],
    ['x'.repeat(1025), 'too_long'],
    ['\ufdfa'.repeat(200), 'too_long'],
    ['12345678\0', 'not_text'],
    ['1234567\ud800', 'not_text'],
    ['12345678', undefined],
    ['ééééé', undefined],
  ])('is told before it is hashed (%#)', (text, fault) => {
    expect(passwordFault(text)).toBe(fault);
  });
});
