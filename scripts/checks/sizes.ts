import type { Check, Fault } from './check.ts';
import { filesUnder } from './tree.ts';

const most = 250;
const usual = 150;

/** Files of src, providers and scripts: over 250 lines fails, over 150 is told. Functions are bounded by biome.json. */
export const sizes: Check = {
  name: 'sizes',
  find(tree) {
    const faults: Fault[] = [];
    const notices: Fault[] = [];
    for (const [file, text] of filesUnder(tree, 'src', 'providers', 'scripts')) {
      const lines = countLines(text);
      if (lines > most)
        faults.push({ file, message: `${lines} lines (at most ${most}): split it where it holds two ideas` });
      else if (lines > usual) notices.push({ file, message: `${lines} lines (about ${usual} is usual)` });
    }
    return { faults, notices };
  },
};

function countLines(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}
