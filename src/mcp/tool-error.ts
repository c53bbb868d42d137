/** A failure that the caller should read, such as "Division by zero". Its message is sent as it is; its cause is not. */
export class ToolError extends Error {
  override readonly name: string = 'ToolError';
}
