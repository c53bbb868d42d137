import type { Tree } from './tree.ts';

/** One thing to mend: where it is and what to do about it. Lines count from 1. */
export interface Fault {
  readonly file: string;
  readonly line?: number;
  readonly message: string;
}

/** What a check found. Faults fail the run; notices are only told. */
export interface Findings {
  readonly faults: readonly Fault[];
  readonly notices?: readonly Fault[];
}

/** A rule over the whole tree. Pure but for the checks that start a tool in `root`. */
export interface Check {
  readonly name: string;
  find(tree: Tree, root: string): Findings | Promise<Findings>;
}

/** Writes a fault the way editors and terminals can jump to: `file:line  message`. */
export function printFault({ file, line, message }: Fault): string {
  return `${line === undefined ? file : `${file}:${line}`}  ${message}`;
}

/** Tells the 1-based line of an offset into `text`. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}
