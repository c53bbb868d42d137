import type { Scene } from './campaign.ts';
import type { Deployment, Node } from './deployment.ts';

/** A round: what comes before, the requests to `node` that are broken by its death, and what must hold then. */
export type DeadlyRound = (node: Node, attempt: <T>(work: () => Promise<T>) => Promise<T>) => Promise<void>;

/** More commands than any of it needs. */
const END = 80;

/**
 * Does the same again and again at a node beside the load, which is killed between the n-th step in the store and the next
 * one: the command was done, and the node never learns of it. Every `stride`-th command is met. Resolves with how many.
 */
export async function killAtEachCommand({ deployment, roll }: Scene, round: DeadlyRound, stride = 1): Promise<number> {
  const nodes = await Promise.all([deployment.spare(), deployment.spare()]);
  const ready = nodes.map(() => Promise.resolve());
  let killed = 0;
  for (let nth = 1 + roll(stride); nth < END; nth += stride) {
    const turn = killed % nodes.length;
    const node = nodes[turn] as Node;
    await ready[turn];
    const died = await oneRound(node, deployment, nth, round);
    if (!died) break;
    killed += 1;
    ready[turn] = node.restart();
  }
  await Promise.all(ready);
  await Promise.all(nodes.map((node) => node.kill()));
  return killed;
}

/** False where the round needed fewer commands. */
async function oneRound(node: Node, { database }: Deployment, nth: number, round: DeadlyRound): Promise<boolean> {
  let count = 0;
  let death: Promise<void> | undefined;
  await round(node, async (work) => {
    node.commands.fate = (command) => {
      if (!database.isOfStore(command)) return 'pass';
      count += 1;
      if (count !== nth) return 'pass';
      return {
        whenDone: () => {
          death = node.kill();
        },
      };
    };
    try {
      return await work();
    } finally {
      node.commands.fate = () => 'pass';
      await death;
    }
  });
  return death !== undefined;
}
