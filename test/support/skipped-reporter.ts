import type { Reporter, TestModule } from 'vitest/node';

/** Ends a run with what was skipped and how to get what it needs: the titles that `requireOrSkip` gave. */
export default class SkippedReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const skipped = modules.flatMap((module) => [...module.children.allTests('skipped')]);
    if (skipped.length === 0) return;
    const reasons = new Map<string, number>();
    for (const { fullName } of skipped) {
      const reason = /\[(.+? is missing: .+?)\]/.exec(fullName)?.[1] ?? fullName;
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
    const lines = [...reasons].map(([reason, count]) => `  ${count} ${count === 1 ? 'test' : 'tests'}: ${reason}`);
    console.log(`Skipped:\n${lines.join('\n')}\n`);
  }
}
