/** The time for a call was over before it was answered. Whether it was done nobody can say. */
export class DeadlinePassed extends Error {
  constructor(milliseconds: number) {
    super(`no answer within ${milliseconds} ms`);
    this.name = 'DeadlinePassed';
  }
}

/**
 * Settles as `work` does, but after `milliseconds` at the latest: then with DeadlinePassed. `work` can ask whether its
 * time is over, so as to begin nothing that nobody waits for.
 */
export async function withDeadline<T>(milliseconds: number, work: (isOver: () => boolean) => Promise<T>): Promise<T> {
  let over = false;
  let timer: NodeJS.Timeout | undefined;
  const expiry = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      over = true;
      reject(new DeadlinePassed(milliseconds));
    }, milliseconds);
  });
  try {
    return await Promise.race([work(() => over), expiry]);
  } finally {
    clearTimeout(timer);
  }
}
