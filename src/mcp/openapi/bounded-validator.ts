import type { JsonSchemaType, jsonSchemaValidator } from '@modelcontextprotocol/server';
import { CfWorkerJsonSchemaValidator } from '@modelcontextprotocol/server/validators/cf-worker';
import { affordable } from './affordable-schema.ts';
import { earlyFault } from './early-fault.ts';
import { membersOf } from './members.ts';
import { withInner } from './schema-places.ts';

/** What checking one value may cost. */
const MOST = {
  /** Looks at a schema with a value. */
  steps: 250_000,
  /** Of work of this process: what others do on the machine does not count. */
  milliseconds: 1000,
};

/** How many steps go by from one look at the clock to the next. */
const STRIDE = 16;

/** Thrown from within the validator when a check has cost too much. */
class TooCostly extends Error {}

/** The one of the SDK that reads schemas as it goes: no code is made of a document, and hundreds of operations start at once. */
const VALIDATOR = new CfWorkerJsonSchemaValidator();

/**
 * That validator, bounded: whatever schema and value are, one check ends soon, and a value that would take longer is refused. Of
 * patterns only those count that are fast, and `uniqueItems` only where no alternative or condition is around it: what the document
 * allows is never refused for that.
 */
export const boundedValidator = (
  most: typeof MOST = MOST,
  spent: () => number = workMilliseconds,
): jsonSchemaValidator => ({
  getValidator(schema) {
    let left = 0;
    let until = 0;
    const step = (): void => {
      left -= 1;
      if (left < 0 || (left % STRIDE === 0 && spent() > until)) throw new TooCostly();
    };
    const check = VALIDATOR.getValidator<never>(counted(affordable(schema), step) as JsonSchemaType);
    return (value) => {
      left = most.steps;
      until = spent() + most.milliseconds;
      try {
        const fault = earlyFault(schema, value, step);
        return fault === undefined ? check(value) : refusal(fault);
      } catch (error) {
        // RangeError: the stack has no room for it, or a text for all that is wrong.
        if (error instanceof TooCostly || error instanceof RangeError) return refusal('Too large to be checked.');
        throw error;
      }
    };
  },
});

function workMilliseconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const refusal = (errorMessage: string) => ({ valid: false, data: undefined, errorMessage }) as const;

/** A copy whose every schema calls `step` when the validator looks at it, which it does keyword by keyword. */
function counted(schema: unknown, step: () => void): unknown {
  const members = membersOf(schema);
  if (members === undefined) return schema;
  const copy = withInner(members, (inner) => counted(inner, step));
  return Object.defineProperty(copy, '$recursiveAnchor', { get: step, enumerable: false });
}
