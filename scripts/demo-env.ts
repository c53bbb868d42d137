import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import type { DemoFacts } from './demo-seed.ts';

/** A fault that the person at the terminal can mend; the message says how. */
export class Advice extends Error {
  override readonly name = 'Advice';
}

/**
 * The facts that a running demo host has left in `demo.env` of GATEHOUSE_DIR. Throws Advice where there are none or
 * where nobody answers at DEMO_URL.
 */
export async function readDemo(directory = process.env.GATEHOUSE_DIR || '.gatehouse'): Promise<DemoFacts> {
  const file = join(directory, 'demo.env');
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new Advice(`There is no ${file}. ${START}`);
    throw error;
  });
  const facts = parseEnv(text) as unknown as DemoFacts;
  await probe(facts.DEMO_URL);
  return facts;
}

const START = 'Start the demo host first, in another terminal: npm start';

async function probe(url: string): Promise<void> {
  const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5000) }).catch((cause: unknown) => {
    throw new Advice(`No demo host answers at ${url}. ${START}`, { cause });
  });
  await answer.body?.cancel();
  if (!answer.ok) throw new Advice(`The host at ${url} is not ready (${answer.status}). Wait for it, or see its log.`);
}

/** Runs a script: Advice and unknown flags end it with exit code 1 and one sentence, anything else with its stack. */
export async function runScript(script: () => Promise<void>): Promise<void> {
  try {
    await script();
  } catch (error) {
    if (!(error instanceof Advice || isUnknownFlag(error))) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

const isUnknownFlag = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
