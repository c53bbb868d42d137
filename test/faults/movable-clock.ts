// Loaded before the program of a node: its wall clock jumps by CLOCK_JUMP seconds with SIGUSR2, and back with the next one.

const Real = Date;
const jump = Number(process.env.CLOCK_JUMP) * 1000;
let offset = 0;
process.on('SIGUSR2', () => {
  offset = offset === 0 ? jump : 0;
});

const now = (): number => Real.now() + offset;
globalThis.Date = new Proxy(Real, {
  construct: (target, given) => Reflect.construct(target, given.length === 0 ? [now()] : given),
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
});
