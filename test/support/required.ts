import { describe, it } from 'vitest';

type Environment = Readonly<Record<string, string | undefined>>;

/** Whether tests that need an outside program run, are skipped with a word why, or fail because nothing may be skipped. */
export function decideGate(present: boolean, environment: Environment): 'run' | 'skip' | 'fail' {
  if (present) return 'run';
  return environment.GATEHOUSE_TEST_REQUIRE === 'all' || environment.CI === 'true' ? 'fail' : 'skip';
}

/**
 * A `describe` for tests that need a program which may not be installed. Where it is missing they are skipped and the end
 * of the run tells how to get it; with `GATEHOUSE_TEST_REQUIRE=all` or `CI=true` the lack is a failing test.
 */
export function requireOrSkip(
  what: string,
  present: boolean,
  howToGet: string,
): (title: string, body: () => void) => void {
  const lack = `${what} is missing: ${howToGet}`;
  return (title, body) => {
    const gate = decideGate(present, process.env);
    if (gate === 'run') return describe(title, body);
    if (gate === 'skip') return describe.skip(`${title} [${lack}]`, body);
    return describe(title, () => {
      it(`finds ${what}`, () => {
        throw new Error(`${lack}. Nothing may be skipped in this run (GATEHOUSE_TEST_REQUIRE=all or CI=true).`);
      });
    });
  };
}
