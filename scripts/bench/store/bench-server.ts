import { defineServer, type ServerDefinition } from 'mcp-gatehouse';
import { CALLED, describeTool } from '../same-tool.ts';

/** A server with the one tool that is called, for those who may read. */
export const benchServer = (): ServerDefinition =>
  defineServer({ name: 'notes', version: '1.0.0' }).tool(
    CALLED,
    { ...describeTool(CALLED), scopes: ['notes:read'] },
    ({ text }) => text,
  );
