/*
 * The SDK's own description of its commands (smithy schemas, as arrays): what an operation is called, how it goes over
 * the wire, and which members its input must have.
 */

type SchemaRef = number | Schema | (() => SchemaRef);
type Schema = readonly [kind: number, namespace: string, name: string, traits: unknown, ...rest: unknown[]];

const kinds = { list: 1, structure: 3, union: 4 } as const;
/** Simple schemas are numbers; a list of them has this added. */
const simpleKinds = { string: 0, boolean: 2, listOf: 64 } as const;

export interface Values {
  /** By the dotted path from the command on, or by the last name in it. */
  readonly byPath: Readonly<Record<string, unknown>>;
  readonly byName: Readonly<Record<string, unknown>>;
}

/** The status that the model says a success has. */
export function modelledStatus(operation: Schema): number {
  return (operation[3] as { readonly http: readonly [string, string, number] }).http[2];
}

/** An input with all members that the model requires, and nothing else but what `values` add by path. */
export function minimalInput(operation: Schema, values: Values): Record<string, unknown> {
  return generated(operation[4] as SchemaRef, operation[2], values) as Record<string, unknown>;
}

function generated(ref: SchemaRef, path: string, values: Values): unknown {
  if (Object.hasOwn(values.byPath, path)) return values.byPath[path];
  const name = path.slice(path.lastIndexOf('.') + 1);
  if (Object.hasOwn(values.byName, name)) return values.byName[name];
  const schema = dereferenced(ref);
  if (typeof schema === 'number') return simpleValue(schema, path);
  if (schema[0] === kinds.list) return [generated(schema[4] as SchemaRef, `${path}[]`, values)];
  if (schema[0] !== kinds.structure && schema[0] !== kinds.union) throw new Error(`no value for ${path}`);
  const names = schema[4] as readonly string[];
  const members = schema[5] as readonly SchemaRef[];
  const required = schema[0] === kinds.union ? 1 : ((schema[6] as number | undefined) ?? 0);
  const value: Record<string, unknown> = {};
  for (const [i, member] of names.entries()) {
    const memberPath = `${path}.${member}`;
    if (i < required || Object.hasOwn(values.byPath, memberPath))
      value[member] = generated(members[i]!, memberPath, values);
  }
  return value;
}

function simpleValue(kind: number, path: string): unknown {
  if (kind === simpleKinds.boolean) return true;
  if (kind >= simpleKinds.listOf && kind < 2 * simpleKinds.listOf)
    return [simpleValue(kind - simpleKinds.listOf, path)];
  throw new Error(`no value for ${path}`);
}

/** A member is its schema, a function that gives it, or either with traits behind it. */
function dereferenced(ref: SchemaRef): number | Schema {
  let schema: unknown = ref;
  for (;;) {
    if (typeof schema === 'function') schema = (schema as () => unknown)();
    else if (Array.isArray(schema) && typeof schema[1] !== 'string') schema = schema[0];
    else return schema as number | Schema;
  }
}
