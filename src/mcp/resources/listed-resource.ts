import type { Resource } from '@modelcontextprotocol/server';

/** One entry of a list of resources, as a template's `list` gives it. */
export type ListedResource = Pick<Resource, 'uri' | 'name'> &
  Partial<Pick<Resource, 'title' | 'description' | 'mimeType' | 'size' | 'annotations' | 'icons'>>;
