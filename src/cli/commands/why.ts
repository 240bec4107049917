import { type Command, InvalidArgumentError } from 'commander';
import { StorageError } from '../../domain/errors.ts';
import { RefusalStore } from '../../services/refusals/refusal-store.ts';
import { viewOfRefusal } from '../../services/refusals/refusal-view.ts';
import type { InspectionContext } from '../inspection.ts';
import { refusalText } from '../refusal-text.ts';
import { worksHere } from '../remote/locality.ts';
import { withServerOptions } from '../remote/server-command.ts';
import type { ServerContext, ServerOptions } from '../remote/server-context.ts';
import { type ToldRefusal, toldFromAnswer, toldFromStore } from '../told-refusal.ts';

type WhyContext = ServerContext & Pick<InspectionContext, 'withStore'>;

interface WhyOptions extends ServerOptions {
  readonly json?: boolean;
  readonly data?: string;
}

export function why(program: Command, context: WhyContext): void {
  withServerOptions(
    program
      .command('why')
      .description(
        'Say why a request was refused: which statements were looked at, which decided, what would have allowed it. Asks the server that is named, else the data directory on this machine.',
      )
      .argument('<request-id>', 'the id that the answer had: x-amz-request-id, RequestId', requestIdArgument)
      .option('--json', 'print JSON')
      .option('--data <directory>', 'read the data directory of a server on this machine (CAIRN_DATA)'),
  ).action(async (requestId: string, options: WhyOptions) => {
    const ask = worksHere(options, context) ? askStore : askServer;
    const told = await ask(requestId, options, context);
    context.print(options.json ? JSON.stringify(told, undefined, 2) : refusalText(told));
  });
}

function requestIdArgument(text: string): string {
  if (/^[0-9A-Fa-f]{16}$/.test(text)) return text.toUpperCase();
  throw new InvalidArgumentError('A request id has 16 hexadecimal digits.');
}

function askServer(requestId: string, options: WhyOptions, { withServer }: WhyContext): Promise<ToldRefusal> {
  return withServer(options, async (server) => {
    const parameters = { RequestId: requestId };
    const { Refusal } = await server.call<{ Refusal: Readonly<Record<string, unknown>> }>(
      'cairn',
      'ExplainDecision',
      parameters,
    );
    return toldFromAnswer(Refusal);
  });
}

/** Who reads the data directory may see all of it. */
function askStore(requestId: string, { data }: WhyOptions, { withStore }: WhyContext): Promise<ToldRefusal> {
  return withStore(data, async ({ engines }) => {
    const record = await new RefusalStore(engines.metadata).find(requestId);
    if (record) return toldFromStore(viewOfRefusal(record, () => true));
    throw new StorageError('NoSuchEntity', {
      message: `There is no refusal of request ${requestId}. One is there a second after it, and kept for CAIRN_REFUSAL_HOURS.`,
    });
  });
}
