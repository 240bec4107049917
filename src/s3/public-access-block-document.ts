import type { PublicAccessBlock } from '../domain/public-access-block.ts';
import { boolean, element, type Infer, optional } from '../wire/xml/schema.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PublicAccessBlockConfiguration.html */
export const publicAccessBlockConfiguration = {
  root: 'PublicAccessBlockConfiguration',
  schema: element({
    BlockPublicAcls: optional(boolean()),
    IgnorePublicAcls: optional(boolean()),
    BlockPublicPolicy: optional(boolean()),
    RestrictPublicBuckets: optional(boolean()),
  }),
} as const;
type Switches = Infer<(typeof publicAccessBlockConfiguration)['schema']>;

/** A switch that is not named is off. */
export function switchesOf(switches: Switches): PublicAccessBlock {
  return {
    blockPublicAcls: switches.BlockPublicAcls ?? false,
    ignorePublicAcls: switches.IgnorePublicAcls ?? false,
    blockPublicPolicy: switches.BlockPublicPolicy ?? false,
    restrictPublicBuckets: switches.RestrictPublicBuckets ?? false,
  };
}

export function switchElements(block: PublicAccessBlock): Switches {
  return {
    BlockPublicAcls: block.blockPublicAcls,
    IgnorePublicAcls: block.ignorePublicAcls,
    BlockPublicPolicy: block.blockPublicPolicy,
    RestrictPublicBuckets: block.restrictPublicBuckets,
  };
}
