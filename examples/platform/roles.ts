/** What somebody may do here. Each role is a scope. */
export type Role = 'viewer' | 'editor' | 'admin';

/** The roles in the words of the consent page. Each includes the one before it. */
export const roles = {
  viewer: 'Look at products',
  editor: { description: 'Add products and change prices', implies: ['viewer'] },
  admin: { description: 'See who works here', implies: ['editor'] },
} as const;
