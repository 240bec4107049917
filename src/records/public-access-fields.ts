import type { PublicAccessBlock } from '../domain/public-access-block.ts';

export function packPublicAccessBlock(block: PublicAccessBlock | undefined): readonly boolean[] | null {
  if (block === undefined) return null;
  return [block.blockPublicAcls, block.ignorePublicAcls, block.blockPublicPolicy, block.restrictPublicBuckets];
}

export function unpackPublicAccessBlock(packed: unknown): PublicAccessBlock | undefined {
  if (packed === null) return undefined;
  const [blockPublicAcls, ignorePublicAcls, blockPublicPolicy, restrictPublicBuckets] = packed as [
    boolean,
    boolean,
    boolean,
    boolean,
  ];
  return { blockPublicAcls, ignorePublicAcls, blockPublicPolicy, restrictPublicBuckets };
}
