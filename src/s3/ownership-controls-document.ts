import { objectOwnerships } from '../domain/acl.ts';
import { element, enumeration, list } from '../wire/xml/schema.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_OwnershipControls.html */
export const ownershipControls = {
  root: 'OwnershipControls',
  schema: element({ Rule: list(element({ ObjectOwnership: enumeration(...objectOwnerships) }), { min: 1, max: 1 }) }),
} as const;
