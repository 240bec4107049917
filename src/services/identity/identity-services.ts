import type { MetadataEngine } from '../../engines/metadata/metadata-engine.ts';
import type { Clock } from '../../foundation/clock.ts';
import type { Logger } from '../../foundation/logger.ts';
import type { Random } from '../../foundation/random.ts';
import type { AuthorizationService } from '../authorization/authorization-service.ts';
import type { BucketConfigurations } from '../identity-transfer/bucket-configurations.ts';
import { ExportService } from '../identity-transfer/export-service.ts';
import { ImportService } from '../identity-transfer/import-service.ts';
import { PassphraseBoxes } from '../identity-transfer/passphrase-box.ts';
import type { OutboundGuard } from '../outbound/outbound-guard.ts';
import { RefusalStore } from '../refusals/refusal-store.ts';
import { TenantService } from '../tenants/tenant-service.ts';
import { AccessKeyService } from './access-keys/access-key-service.ts';
import { ServiceAccountService } from './access-keys/service-account-service.ts';
import { AccountOverview } from './account/account-overview.ts';
import { AccountSettingsService } from './account/account-settings-service.ts';
import type { AttemptExchange } from './attempts/attempt-exchange.ts';
import { DirectoryIdentityService } from './directory-identity/directory-identity-service.ts';
import type { DirectorySettings } from './directory-identity/directory-settings.ts';
import { GroupService } from './groups/group-service.ts';
import type { IdentityService } from './identity-service.ts';
import { PasswordService } from './passwords/password-service.ts';
import { AttachmentService } from './policies/attachment-service.ts';
import { InlinePolicyService } from './policies/inline-policy-service.ts';
import { ManagedPolicyService } from './policies/managed-policy-service.ts';
import { OidcProviderService } from './providers/oidc-provider-service.ts';
import { RoleService } from './roles/role-service.ts';
import { RoleSessions } from './sessions/role-sessions.ts';
import { SessionService } from './sessions/session-service.ts';
import { SimulationService } from './simulation/simulation-service.ts';
import { UserService } from './users/user-service.ts';
import { WebIdentityService } from './web-identity/web-identity-service.ts';

/** What everything about identities stands on. */
export interface IdentityFoundation {
  readonly metadata: MetadataEngine;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly identity: IdentityService;
  readonly authorization: AuthorizationService;
  readonly region: string;
  /** What buckets are configured with, for export and import. */
  readonly configurations: BucketConfigurations;
  /** What providers of identities are reached through, which tenants name. */
  readonly guard: OutboundGuard;
  /** Where people are looked up who sign in by LDAP; left out: nowhere. */
  readonly directory?: DirectorySettings | undefined;
  /** Through which the processes of a server count guessed passwords together; left out: this one counts alone. */
  readonly exchange?: AttemptExchange | undefined;
}

/** What the operations of IAM, STS and Cairn's own service may use. */
export interface IdentityServices extends IdentityFoundation {
  readonly sessions: SessionService;
  readonly roleSessions: RoleSessions;
  readonly webIdentity: WebIdentityService;
  readonly directoryIdentity: DirectoryIdentityService;
  readonly users: UserService;
  readonly groups: GroupService;
  readonly accessKeys: AccessKeyService;
  readonly serviceAccounts: ServiceAccountService;
  readonly passwords: PasswordService;
  readonly accountSettings: AccountSettingsService;
  readonly accountOverview: AccountOverview;
  readonly roles: RoleService;
  readonly policies: ManagedPolicyService;
  readonly attachments: AttachmentService;
  readonly inlinePolicies: InlinePolicyService;
  readonly providers: OidcProviderService;
  readonly simulation: SimulationService;
  readonly tenants: TenantService;
  readonly exports: ExportService;
  readonly imports: ImportService;
  readonly refusals: RefusalStore;
}

export function identityServices(foundation: IdentityFoundation): IdentityServices {
  const sessions = new SessionService(foundation);
  const roleSessions = new RoleSessions({ ...foundation, sessions });
  const { directory } = foundation;
  const transfer = { ...foundation, boxes: new PassphraseBoxes(foundation.random) };
  return {
    ...foundation,
    sessions,
    roleSessions,
    webIdentity: new WebIdentityService({ ...foundation, roleSessions }),
    directoryIdentity: new DirectoryIdentityService({ ...foundation, directory, roleSessions }),
    roles: new RoleService(foundation),
    policies: new ManagedPolicyService(foundation),
    attachments: new AttachmentService(foundation),
    inlinePolicies: new InlinePolicyService(foundation),
    providers: new OidcProviderService(foundation),
    simulation: new SimulationService(foundation),
    users: new UserService(foundation),
    groups: new GroupService(foundation),
    accessKeys: new AccessKeyService(foundation),
    serviceAccounts: new ServiceAccountService(foundation),
    passwords: new PasswordService(foundation),
    accountSettings: new AccountSettingsService(foundation),
    accountOverview: new AccountOverview(foundation),
    tenants: new TenantService(foundation),
    exports: new ExportService(transfer),
    imports: new ImportService(transfer),
    refusals: new RefusalStore(foundation.metadata),
  };
}
