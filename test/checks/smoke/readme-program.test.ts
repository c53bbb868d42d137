import { describe, expect, it } from 'vitest';
import { extractProgram, listMounts } from '../../../scripts/checks/smoke/readme-program.ts';

const readme =
  '# A\n\n```ts\nnot();\n```\n\n<!-- program -->\n```ts\nhost.mount(\'/notes\', notes);\nhost.mount("/math", math);\n```\n\n```ts\nnor();\n```\n';

describe('the program of README', () => {
  it('is the marked block', () => {
    expect(extractProgram(readme)).toBe('host.mount(\'/notes\', notes);\nhost.mount("/math", math);\n');
  });

  it('mounts servers', () => {
    expect(listMounts(extractProgram(readme))).toEqual(['/notes', '/math']);
  });

  it('must be marked', () => {
    expect(() => extractProgram('```ts\nnot();\n```')).toThrow('README.md has no program: put `<!-- program -->`');
  });

  it('must mount something', () => {
    expect(() => listMounts('host.listen();')).toThrow('The program of README.md mounts nothing');
  });
});
