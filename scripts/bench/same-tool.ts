import { z } from 'zod';

/** The tool that is called; it stands last among the others. */
export const CALLED = 'echo';

/** The names of `count` tools. */
export const toolNames = (count: number): readonly string[] => [
  ...Array.from({ length: count - 1 }, (_, index) => `tool_${index}`),
  CALLED,
];

/** What a tool is told to clients, built anew for each registration as servers usually write it. */
export const describeTool = (name: string) => ({ description: `Says the text again (${name})`, input: textInput() });

const textInput = () => z.object({ text: z.string().max(10_000).describe('Any text') });
