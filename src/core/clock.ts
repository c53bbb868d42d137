/** Tells the time in whole seconds since 1970. Handed in wherever a rule depends on time. */
export type Clock = () => number;

/** The machine's wall clock, in whole seconds. */
export const systemClock: Clock = () => Math.floor(Date.now() / 1000);
