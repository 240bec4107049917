import type { Composition } from './server-composition.ts';

export const productComposition: Composition = {
  composeServer: () => Promise.reject(new Error('not here yet')),
  runBackground: () => Promise.reject(new Error('not here yet')),
};
