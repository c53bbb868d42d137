import { until } from '../support/until.ts';
import type { Scene } from './campaign.ts';

/** One in so many commands loses its connection: then most errands fail, and have to go well as soon as it is over. */
const ONE_IN = 12;

/** Cuts the connection of a node after a command of the store was done, again and again, until `count` were cut. */
export async function cutsUnderLoad({ deployment: { nodes, database }, roll }: Scene, count: number): Promise<number> {
  let cuts = 0;
  for (const { commands } of nodes) {
    commands.fate = (command) => {
      if (cuts >= count || !database.isOfStore(command) || roll(ONE_IN) > 0) return 'pass';
      cuts += 1;
      return 'cut after';
    };
  }
  await until(
    async () => cuts,
    ({ value = 0 }) => value >= count,
    150,
  );
  for (const { commands } of nodes) commands.fate = () => 'pass';
  return cuts;
}
