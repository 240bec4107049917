import type { Composition } from './server-composition.ts';

/** Cairn itself. */
export const productComposition: Composition = {
  loadServer: async () => (await import('./compose-server.ts')).composeServer,
  loadBackground: async () => (await import('./background-work.ts')).runBackgroundWork,
};
