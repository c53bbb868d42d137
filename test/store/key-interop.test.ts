import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { generateFernetKey, open, readFernetKey, seal, sealingTime } from '../../src/core/fernet.ts';
import { keyRing } from '../../src/store/key-ring.ts';
import { requireOrSkip } from '../support/required.ts';

/** The first Python that has the package: the one on PATH, or the one that packages of the system go to. */
const python3 = ['python3', '/usr/bin/python3'].find(
  (file) => spawnSync(file, ['-c', 'import cryptography.fernet']).status === 0,
);

/** Runs a Python program with a JSON input; the JSON that it prints. */
function python(program: string, input: object): Record<string, string> {
  const { stdout, stderr, status } = spawnSync(
    python3 ?? '',
    ['-c', `import json,sys\nx=json.load(sys.stdin)\n${program}`],
    {
      input: JSON.stringify(input),
      encoding: 'utf8',
    },
  );
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

const withPython = requireOrSkip(
  'python3 with cryptography',
  python3 !== undefined,
  'apt-get install python3-cryptography',
);

const NOW = 1_790_000_000;
const text = 'a value with ü, 😀 and \0';

withPython('the Fernet of Python cryptography', () => {
  it('opens what we seal, and takes our keys', () => {
    const key = generateFernetKey();
    const token = keyRing([key]).seal(text, NOW).slice(9);
    const program = `
from cryptography.fernet import Fernet
f = Fernet(x['key'])
print(json.dumps({'text': f.decrypt_at_time(x['token'].encode(), 60, x['now']).decode(), 'at': f.extract_timestamp(x['token'].encode())}))`;
    expect(python(program, { key, token, now: NOW + 60 })).toEqual({ text, at: NOW });
  });

  it('seals what we open, under the keys it makes', () => {
    const program = `
from cryptography.fernet import Fernet
k = Fernet.generate_key()
print(json.dumps({'key': k.decode(), 'token': Fernet(k).encrypt_at_time(x['text'].encode(), x['now']).decode()}))`;
    const { key = '', token = '' } = python(program, { text, now: NOW });
    const opened = open(
      [readFernetKey(key)].filter((read) => read !== undefined),
      token,
      { now: NOW, ttl: 60 },
    );
    expect(opened?.toString('utf8')).toBe(text);
    expect(sealingTime(token)).toBe(NOW);
  });

  it('changes keys as we do: the time of sealing stays', () => {
    const [older, newer] = [generateFernetKey(), generateFernetKey()];
    const ours = keyRing([newer, older]).reseal(keyRing([older]).seal(text, NOW));
    if (ours.state !== 'resealed') throw new Error(ours.state);
    const key = readFernetKey(older);
    if (key === undefined) throw new Error('no key');
    const program = `
from cryptography.fernet import Fernet, MultiFernet
new, both = Fernet(x['newer']), MultiFernet([Fernet(x['newer']), Fernet(x['older'])])
print(json.dumps({'text': new.decrypt(x['ours'].encode()).decode(), 'at': new.extract_timestamp(x['ours'].encode()), 'theirs': both.rotate(x['old'].encode()).decode()}))`;
    const old = seal(key, text, { now: NOW });
    const { theirs = '', ...read } = python(program, { older, newer, ours: ours.sealed.slice(9), old });
    expect(read).toEqual({ text, at: NOW });
    expect(sealingTime(theirs)).toBe(NOW);
    const ring = keyRing([newer]);
    expect(ring.open(`${ring.sealingId}.${theirs}`, NOW)).toEqual({ state: 'opened', plaintext: text });
  });
});
