/** The first program of a README: the TypeScript block right after the comment `<!-- program -->`. Throws without one. */
export function extractProgram(readme: string): string {
  const program = /<!-- program -->\s*\n```ts\n(.*?)\n```/s.exec(readme)?.[1];
  if (program === undefined) {
    throw new Error('README.md has no program: put `<!-- program -->` on the line before its first ```ts block.');
  }
  return `${program}\n`;
}

/** The paths that a program mounts servers at: `host.mount('/notes', …)` gives `/notes`. Throws when it mounts none. */
export function listMounts(program: string): readonly string[] {
  const mounts = [...program.matchAll(/\.mount\(\s*['"](\/[^'"]*)['"]/g)].map((match) => match[1] ?? '');
  if (mounts.length === 0) throw new Error("The program of README.md mounts nothing: `host.mount('/notes', notes)`.");
  return mounts;
}
