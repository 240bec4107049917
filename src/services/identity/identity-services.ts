import type { MetadataEngine } from '../../engines/metadata/metadata-engine.ts';
import type { Clock } from '../../foundation/clock.ts';
import type { Logger } from '../../foundation/logger.ts';
import type { Random } from '../../foundation/random.ts';
import type { AuthorizationService } from '../authorization/authorization-service.ts';
import type { IdentityService } from './identity-service.ts';
import { UserService } from './users/user-service.ts';

/** What everything about identities stands on. */
export interface IdentityFoundation {
  readonly metadata: MetadataEngine;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly identity: IdentityService;
  readonly authorization: AuthorizationService;
  readonly region: string;
}

/** What the operations of IAM, STS and Cairn's own service may use. */
export interface IdentityServices extends IdentityFoundation {
  readonly users: UserService;
}

export function identityServices(foundation: IdentityFoundation): IdentityServices {
  return { ...foundation, users: new UserService(foundation) };
}
