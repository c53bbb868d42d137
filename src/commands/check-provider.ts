import * as providers from '../../providers/index.ts';
import { createHost } from '../host/create-host.ts';
import type { ProviderReport } from '../host/provider-checks.ts';
import type { OneProvider } from '../host/read-providers.ts';
import { hostOf } from './host-file.ts';
import { needWord, refuseMore, UsageError } from './usage.ts';
import { USAGES } from './usages.ts';

/** `gatehouse check-provider …`: what fits and what does not, a line each. */
export async function checkProvider([word, ...more]: readonly string[]): Promise<void> {
  refuseMore(more, USAGES['check-provider']);
  const reports = await reportsOn(needWord(word, 'The name or the file', USAGES['check-provider']));
  for (const report of reports) for (const line of linesOf(report)) console.log(line);
  const fits = reports.every(({ findings }) =>
    findings.every(({ verdict }) => verdict === 'fits' || verdict === 'advice'),
  );
  process.exitCode = fits ? 0 : 1;
  // The file that was looked at may have left something open.
  setImmediate(() => process.exit());
}

async function reportsOn(word: string): Promise<readonly ProviderReport[]> {
  const known = new Map(Object.entries(providers).map(([name, make]) => [wordOf(name), make as () => OneProvider]));
  const make = known.get(word);
  if (make !== undefined) {
    // Who vouches for people stands beside a server that takes their word.
    const auth = word === 'enterprise' ? [make(), providers.local()] : [make()];
    return (await createHost({ auth }).checkProviders()).slice(0, 1);
  }
  if (/[./\\]/.test(word)) return (await hostOf(word, USAGES['check-provider'])).checkProviders();
  throw new UsageError(
    `There is no provider ${word}; there are ${[...known.keys()].join(', ')}.\n\n${USAGES['check-provider']}`,
  );
}

/** `apiKeys` is `api-keys` in its subpath. */
const wordOf = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

const MARKS = { fits: 'fits', advice: 'note', unfit: 'DOES NOT FIT', unanswered: 'NO ANSWER' };

function linesOf({ name, issuer, findings }: ProviderReport): readonly string[] {
  if (issuer === undefined) return [`${name}: nobody else runs it; there is nothing to check.`];
  return [
    `${name}: ${issuer}`,
    ...findings.map(({ verdict, sentence }) => `  ${MARKS[verdict].padEnd(14)}${sentence}`),
  ];
}
