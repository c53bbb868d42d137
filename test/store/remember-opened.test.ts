import { describe, expect, it } from 'vitest';
import { generateFernetKey } from '../../src/core/fernet.ts';
import { type KeyRing, keyRing } from '../../src/store/key-ring.ts';
import { rememberOpened } from '../../src/store/remember-opened.ts';

const NOW = 1_800_000_000;

/** A ring that counts what it is asked to open. */
function counting(): { readonly ring: KeyRing; readonly opened: () => number } {
  const ring = keyRing([generateFernetKey()]);
  let opened = 0;
  const open: KeyRing['open'] = (sealed, now) => {
    opened += 1;
    return ring.open(sealed, now);
  };
  return { ring: { ...ring, open }, opened: () => opened };
}

describe('a ring that remembers', () => {
  it('opens a genuine text once', () => {
    const { ring, opened } = counting();
    const remembering = rememberOpened(ring);
    const sealed = ring.seal('a record', NOW);
    expect(remembering.open(sealed, NOW)).toEqual({ state: 'opened', plaintext: 'a record' });
    expect(remembering.open(sealed, NOW + 1)).toEqual({ state: 'opened', plaintext: 'a record' });
    expect(opened()).toBe(1);
  });

  it('need not open what it has sealed itself', () => {
    const { ring, opened } = counting();
    const remembering = rememberOpened(ring);
    expect(remembering.open(remembering.seal('a record', NOW), NOW)).toEqual({
      state: 'opened',
      plaintext: 'a record',
    });
    expect(opened()).toBe(0);
  });

  it('looks at an altered text each time, whatever it was altered from', () => {
    const { ring, opened } = counting();
    const remembering = rememberOpened(ring);
    const sealed = ring.seal('a record', NOW);
    const altered = sealed.replace(/.(?==*$)/, (last) => (last === 'A' ? 'B' : 'A'));
    expect(remembering.open(sealed, NOW).state).toBe('opened');
    for (const _ of [1, 2]) expect(remembering.open(altered, NOW)).toEqual({ state: 'refused' });
    expect(opened()).toBe(3);
  });

  it('remembers so many characters, and no long text', () => {
    const { ring, opened } = counting();
    const remembering = rememberOpened(ring);
    const first = ring.seal('the first', NOW);
    const long = ring.seal('long'.repeat(1000), NOW);
    for (const sealed of [first, long, long]) remembering.open(sealed, NOW);
    expect(opened()).toBe(3);
    for (let index = 0; index < 10_000; index++) remembering.seal(`${index}`.padEnd(1400), NOW);
    expect(opened()).toBe(3);
    remembering.open(first, NOW);
    expect(opened()).toBe(4);
  });
});
