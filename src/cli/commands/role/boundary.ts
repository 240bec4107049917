import type { Command } from 'commander';
import { boundaryCommand } from '../../remote/boundary-command.ts';
import type { ServerContext } from '../../remote/server-context.ts';

export function roleBoundary(parent: Command, context: ServerContext): void {
  boundaryCommand(parent, context, 'Role');
}
