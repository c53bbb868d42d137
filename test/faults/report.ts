import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { appendFile, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import type { TestProject } from 'vitest/node';

/** What one fault came to. */
export interface FaultReport {
  readonly fault: string;
  readonly over: string;
  /** How often it was injected. */
  readonly injected: number;
  readonly requests: number;
  readonly attacks: number;
  readonly violations: number;
  /** Errands of the load that went well, in percent, from the first injection on. */
  readonly success: number;
  /** Milliseconds from the end of the fault to the last errand that failed. */
  readonly recovery: number;
}

declare module 'vitest' {
  interface ProvidedContext {
    faultSeed: number;
    faultReport: string;
  }
}

/** The fewest faults that make a campaign. */
const LEAST = 1000;

/** Around the whole campaign: hands out the seed, and in the end prints what came of each fault. */
export default function setup(project: TestProject): () => Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-faults-'));
  const file = join(folder, 'report.jsonl');
  const seed = Number(process.env.FAULTS_SEED ?? Math.floor(Math.random() * 2 ** 31));
  project.provide('faultSeed', seed);
  project.provide('faultReport', file);
  console.log(`Fault campaign with FAULTS_SEED=${seed}`);
  return async () => {
    const reports = readReports(file);
    rmSync(folder, { recursive: true, force: true });
    const injected = reports.reduce((sum, report) => sum + report.injected, 0);
    const violations = reports.reduce((sum, report) => sum + report.violations, 0);
    console.log(`\n${reports.map(lineOf).join('\n')}`);
    console.log(`${injected} faults injected, ${violations} violations, FAULTS_SEED=${seed}`);
    if ((await isWhole(project)) && injected < LEAST) throw new Error(`Fewer than ${LEAST} faults were injected.`);
  };
}

/** Whether no part was left out by a name. */
async function isWhole(project: TestProject): Promise<boolean> {
  const { testFiles } = await project.globTestFiles();
  return project.config.testNamePattern === undefined && project.vitest.state.getFiles().length === testFiles.length;
}

function readReports(file: string): readonly FaultReport[] {
  try {
    return readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as FaultReport);
  } catch (error) {
    // Nothing was reported: a file failed before its first fault, and says so itself.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

const lineOf = ({ fault, over, injected, requests, attacks, violations, success, recovery }: FaultReport): string =>
  [
    fault.padEnd(58),
    over.padEnd(9),
    `${injected}`.padStart(5),
    'faults',
    `${requests}`.padStart(6),
    'requests',
    `${attacks}`.padStart(5),
    'attacks',
    `${violations}`.padStart(3),
    'violations',
    `${success.toFixed(1)}`.padStart(6),
    '% well, recovered in',
    `${recovery}`.padStart(5),
    'ms',
  ].join(' ');

/** Writes down what a fault came to. */
export const report = (line: FaultReport): Promise<void> =>
  appendFile(inject('faultReport'), `${JSON.stringify(line)}\n`);

/** Keeps a journal for whoever wants to know what came before a failure, and says where. */
export async function keepJournal(fault: string, entries: readonly object[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-journal-'));
  const file = join(folder, 'journal.jsonl');
  await writeFile(file, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  console.log(`${fault}: the journal is in ${file}`);
}

/** A longer run of the same. */
export const soak = process.env.FAULTS_SOAK === 'true';
