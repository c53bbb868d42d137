import type { Surface } from '../surface.ts';

/** The items of a surface, by kind. */
export type Items = Pick<Surface, 'tools' | 'prompts' | 'resources' | 'templates'>;

/** Some of what a composed server is made of: its own items, or those of a mounted one as they are seen from outside. */
export interface Source extends Pick<Surface, 'find' | 'revision' | 'changes' | 'listChanged' | 'foreignBelow'> {
  /** What errors call it. */
  readonly label: string;
  /** To be read anew whenever the revision is another one. */
  items(): Items;
}
