/** A policy that is there for every account, under `arn:aws:iam::aws:policy…`, and that nobody changes. */
export interface AwsManagedPolicy {
  readonly name: string;
  readonly path: string;
  readonly description: string;
  /** The text of its only version. */
  readonly text: string;
}

const everything = (actions: readonly string[]): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: actions.length === 1 ? actions[0] : actions, Resource: '*' }],
  });

const policies: readonly AwsManagedPolicy[] = [
  {
    name: 'AdministratorAccess',
    path: '/',
    description: 'Provides full access to AWS services and resources.',
    text: everything(['*']),
  },
  {
    name: 'AmazonS3FullAccess',
    path: '/',
    description: 'Provides full access to all buckets.',
    text: everything(['s3:*', 's3-object-lambda:*']),
  },
  {
    name: 'AmazonS3ReadOnlyAccess',
    path: '/',
    description: 'Provides read only access to all buckets.',
    text: everything(['s3:Get*', 's3:List*', 's3:Describe*', 's3-object-lambda:Get*', 's3-object-lambda:List*']),
  },
];

export const awsPolicyArn = ({ path, name }: Pick<AwsManagedPolicy, 'path' | 'name'>): string =>
  `arn:aws:iam::aws:policy${path}${name}`;

/** By ARN, in the order of their names. */
export const awsManagedPolicies: ReadonlyMap<string, AwsManagedPolicy> = new Map(
  [...policies]
    .sort((a, b) => a.name.localeCompare(b.name, 'en'))
    .map((policy) => [awsPolicyArn(policy), policy] as const),
);
