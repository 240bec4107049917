import { onIdentity } from '../../domain/grant.ts';
import { policyLimits } from '../../services/identity/policies/policy-size.ts';
import { element, integer, list, text } from '../../wire/xml/schema.ts';
import { defineIamOperation } from '../iam-operation.ts';

/** AWS's own numbers: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const quotas = {
  AccessKeysPerUserQuota: 2,
  AssumeRolePolicySizeQuota: 2048,
  AttachedPoliciesPerGroupQuota: 10,
  AttachedPoliciesPerRoleQuota: 10,
  AttachedPoliciesPerUserQuota: 10,
  GroupPolicySizeQuota: 5120,
  GroupsPerUserQuota: 10,
  GroupsQuota: 300,
  InstanceProfilesQuota: 1000,
  PoliciesQuota: policyLimits.policiesOfAccount,
  PolicySizeQuota: 6144,
  PolicyVersionsInUseQuota: 10_000,
  RolePolicySizeQuota: 10_240,
  RolesQuota: policyLimits.rolesOfAccount,
  ServerCertificatesQuota: 20,
  SigningCertificatesPerUserQuota: 2,
  UserPolicySizeQuota: 2048,
  UsersQuota: 5000,
  VersionsPerPolicyQuota: 5,
};
/** What there is none of here. */
const nothing = {
  AccountMFAEnabled: 0,
  AccountSigningCertificatesPresent: 0,
  InstanceProfiles: 0,
  MFADevices: 0,
  MFADevicesInUse: 0,
  ServerCertificates: 0,
};

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html */
export const getAccountSummary = defineIamOperation({
  name: 'GetAccountSummary',
  input: {},
  result: element({ SummaryMap: element({ entry: list(element({ key: text(), value: integer() })) }) }),
  requires: (_input, { account }) => [onIdentity('iam:GetAccountSummary', account.accountId)],
  async handle({ principal }, { accountOverview }) {
    const summary = await accountOverview.summary(principal.account.accountId);
    const all = {
      ...quotas,
      ...nothing,
      AccountAccessKeysPresent: summary.rootHasKeys ? 1 : 0,
      GlobalEndpointTokenVersion: 1,
      Groups: summary.group,
      Policies: summary.policy,
      PolicyVersionsInUse: summary.policyVersions,
      Providers: summary.oidcProvider,
      Roles: summary.role,
      Users: summary.user,
    };
    return { SummaryMap: { entry: Object.entries(all).map(([key, value]) => ({ key, value })) } };
  },
});
