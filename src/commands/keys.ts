import { generateFernetKey } from '../store/fernet.ts';
import { UsageError } from './usage.ts';

const USAGE = `gatehouse keys new

Prints a fresh sealing key for GATEHOUSE_KEYS. Keep it as you keep a password.`;

/** `gatehouse keys new`: a fresh sealing key on standard output. */
export async function keys(args: readonly string[]): Promise<void> {
  if (args[0] !== 'new') throw new UsageError(USAGE);
  console.log(generateFernetKey());
}
