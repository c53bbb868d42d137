import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { serverV2 } from './sdk-servers.ts';

serveStdio(() => serverV2());
