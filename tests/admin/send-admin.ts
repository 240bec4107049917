import assert from 'node:assert/strict';
import type { AccessKeyPair } from '../../src/services/identity/identity-service.ts';
import { elementOf, sendQuery } from '../identity/send-query.ts';
import type { TestServer } from '../s3-server.ts';

export interface Asked {
  readonly credentials?: AccessKeyPair;
  readonly token?: string;
}

/** A call of Cairn's own service: what it answered, and how. */
export async function askAdmin(
  server: TestServer,
  Action: string,
  parameters: Readonly<Record<string, string>> = {},
  asked: Asked = {},
) {
  const response = await sendQuery(server, { service: 'cairn', parameters: { Action, ...parameters }, ...asked });
  return { ...response, code: elementOf(response, 'Code') ?? 'OK' };
}

/** The same where it has to succeed. */
export async function admin(
  server: TestServer,
  Action: string,
  parameters: Readonly<Record<string, string>> = {},
  asked: Asked = {},
) {
  const answer = await askAdmin(server, Action, parameters, asked);
  assert.equal(answer.status, 200, answer.text);
  return answer;
}

export interface MadeTenant {
  readonly id: string;
  readonly keys: AccessKeyPair;
}

export async function makeTenant(
  server: TestServer,
  Name: string,
  more: Readonly<Record<string, string>> = {},
): Promise<MadeTenant> {
  const answer = await admin(server, 'CreateTenant', { Name, ...more });
  return {
    id: elementOf(answer, 'TenantId')!,
    keys: {
      accessKeyId: elementOf(answer, 'AccessKeyId')!,
      secretAccessKey: elementOf(answer, 'SecretAccessKey')!,
    },
  };
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** The document of an export. */
export function documentIn(answer: { readonly text: string }): string {
  const [, written = ''] = /<ExportDocument>([\s\S]*)<\/ExportDocument>/.exec(answer.text) ?? [];
  return written.replaceAll(/&(?:#x([0-9a-fA-F]+)|#(\d+)|(\w+));/g, (_all, hex, decimal, name: string) =>
    hex
      ? String.fromCodePoint(Number.parseInt(hex, 16))
      : decimal
        ? String.fromCodePoint(Number(decimal))
        : entities[name]!,
  );
}

/** What an import answered, each thing as `action kind name`. */
export function thingsIn(answer: { readonly text: string }): readonly string[] {
  return [
    ...answer.text.matchAll(
      /<member><Kind>([^<]*)<\/Kind><Tenant>[^<]*<\/Tenant><Name>([^<]*)<\/Name><Action>([^<]*)<\/Action>/g,
    ),
  ].map(([, kind, name, action]) => `${action} ${kind} ${name}`);
}
