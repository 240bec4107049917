/** The trust policy by which one principal may assume a role: an account by its digits, anybody else by ARN. */
export function trustFor(principal: string): string {
  const Principal = principal.includes(':oidc-provider/') ? { Federated: principal } : { AWS: principal };
  const Action = 'Federated' in Principal ? 'sts:AssumeRoleWithWebIdentity' : 'sts:AssumeRole';
  return JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal, Action }] });
}
