import type { Command } from 'commander';
import { oneHolder } from '../../remote/holder.ts';
import { readGiven } from '../../remote/secret-output.ts';
import { answering, listed, serverCommand } from '../../remote/server-command.ts';
import type { RemoteServer, ServerContext } from '../../remote/server-context.ts';
import { usageFailure } from '../../remote/server-error.ts';
import { severalOf } from '../../remote/tags.ts';
import { table } from '../../table.ts';
import { type HolderOptions, withHolder } from './holder-options.ts';

interface Options extends HolderOptions {
  readonly file?: string;
  readonly action: readonly string[];
  readonly resource?: readonly string[];
  readonly context?: readonly ContextEntry[];
}

type ContextEntry = {
  readonly ContextKeyName: string;
  readonly ContextKeyType: string;
  readonly ContextKeyValues: readonly string[];
};

interface Evaluation {
  readonly EvalActionName: string;
  readonly EvalResourceName?: string;
  readonly EvalDecision: string;
  readonly MatchedStatements?: readonly { readonly SourcePolicyId?: string }[];
  readonly MissingContextValues?: readonly string[];
}

export function policySimulate(parent: Command, context: ServerContext): void {
  withHolder(serverCommand(parent, 'simulate'))
    .description('Ask what a user, a group, a role or a policy would allow, without doing it.')
    .requiredOption('--action <action>', 'such as s3:GetObject; may be repeated', severalOf)
    .option('--resource <arn>', 'such as arn:aws:s3:::bucket/key; may be repeated; else any', severalOf)
    .option('--context <key=value>', 'condition key with its value; may be repeated', contextOption)
    .option('--file <file>', 'a policy as JSON, in place of --user, --group and --role; - reads standard input')
    .action(
      answering<Options>(context, async ({ server, options }) => {
        const parameters = {
          ActionNames: options.action,
          ResourceArns: options.resource,
          ContextEntries: options.context,
          ...(await subjectOf(server, options)),
        };
        const action = options.file === undefined ? 'SimulatePrincipalPolicy' : 'SimulateCustomPolicy';
        const results = await listed<Evaluation>(server, { action, list: 'EvaluationResults', parameters });
        const rows = results.map((result) => [
          result.EvalActionName,
          result.EvalResourceName ?? '*',
          result.EvalDecision,
          (result.MatchedStatements ?? []).map(({ SourcePolicyId }) => SourcePolicyId ?? '?').join(', ') || '-',
          (result.MissingContextValues ?? []).join(', ') || '-',
        ]);
        const titles = ['ACTION', 'RESOURCE', 'DECISION', 'BY', 'NOT KNOWN'];
        return { json: results, text: table(titles, rows, context.terminal.width) };
      }),
    );
}

async function subjectOf(server: RemoteServer, options: Options) {
  const { file, user, group, role } = options;
  if (file !== undefined) {
    if (user ?? group ?? role) throw usageFailure('Give either --file or one of --user, --group and --role.');
    return { PolicyInputList: [readGiven(file)] };
  }
  const { kind, name } = oneHolder(options);
  const answer = await server.call<Record<string, { readonly Arn: string }>>('iam', `Get${kind}`, {
    [`${kind}Name`]: name,
  });
  return { PolicySourceArn: answer[kind]!.Arn };
}

function contextOption(text: string, entries: readonly ContextEntry[] = []): readonly ContextEntry[] {
  const at = text.indexOf('=');
  if (at < 1) throw usageFailure(`${text} is no condition key with a value: it must be such as aws:SourceIp=10.0.0.1.`);
  const entry = { ContextKeyName: text.slice(0, at), ContextKeyType: 'string', ContextKeyValues: [text.slice(at + 1)] };
  return [...entries, entry];
}
