/** One server, which answers commands. */
export interface RedisNode {
  call(command: string, ...args: readonly (string | number)[]): Promise<unknown>;
}
