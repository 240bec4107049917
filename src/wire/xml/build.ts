import { escapeXml } from './escape.ts';
import type { AttributeField, ElementSchema, Field, Schema } from './schema.ts';

/** The namespace of S3's documents. */
export const s3Namespace = 'http://s3.amazonaws.com/doc/2006-03-01/';
/** The namespace of `xsi:type`, by which grantees of access control lists say what they are. */
export const xsiNamespace = 'http://www.w3.org/2001/XMLSchema-instance';
const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** Writes a value's element, with this name. */
type Writer = (value: unknown, open: string, close: string) => string;
/** Writes all that one field is in its element; `value` is the field's. */
type FieldWriter = (value: unknown) => string;

/** The document of a value: declaration, root element with a namespace (S3's where nothing is said), and the fields in the schema's order. */
export function buildXml<T>(rootName: string, schema: Schema<T>, value: T, namespace = s3Namespace): string {
  return `${declaration}${writerOf(schema)(value, `<${rootName} xmlns="${namespace}"`, `</${rootName}>`)}`;
}

/** A schema is compiled when it is first written. */
const compiled = new WeakMap<object, Writer>();

function writerOf(schema: Schema): Writer {
  let writer = compiled.get(schema);
  if (writer === undefined) {
    writer = schema.kind === 'scalar' ? scalarWriter(schema) : elementWriter(schema);
    compiled.set(schema, writer);
  }
  return writer;
}

function scalarWriter(schema: Extract<Schema, { kind: 'scalar' }>): Writer {
  const { encode, plain } = schema;
  if (plain) return (value, open, close) => `${open}>${encode(value)}${close}`;
  return (value, open, close) => `${open}>${escapeXml(encode(value))}${close}`;
}

function elementWriter(schema: ElementSchema<unknown>): Writer {
  const attributes: { name: string; write: FieldWriter }[] = [];
  const children: { name: string; write: FieldWriter }[] = [];
  for (const [name, field] of Object.entries(schema.fields)) {
    if (field.kind === 'attribute') attributes.push({ name, write: attributeWriter(field) });
    else children.push({ name, write: fieldWriter(name, field) });
  }
  const needsXsi = Object.values(schema.fields).some((field) => field.kind === 'attribute' && isXsi(field));
  const xsi = needsXsi ? ` xmlns:xsi="${xsiNamespace}"` : '';
  return (value, open, close) => {
    const record = value as Readonly<Record<string, unknown>>;
    let document = `${open}${xsi}`;
    for (const { name, write } of attributes) document += write(record[name]);
    document += '>';
    for (const { name, write } of children) document += write(record[name]);
    return document + close;
  };
}

function isXsi(field: AttributeField<unknown>): boolean {
  return field.name.startsWith('xsi:');
}

function attributeWriter(field: AttributeField<unknown>): FieldWriter {
  return (value) => ` ${field.name}="${escapeXml(field.of.encode(value))}"`;
}

/** Of a field that occurs once. Text, which most fields are, is written without asking its schema's writer. */
function singleWriter(name: string, schema: Schema): FieldWriter {
  if (schema.kind === 'element') {
    const write = writerOf(schema);
    return (value) => write(value, `<${name}`, `</${name}>`);
  }
  const open = `<${name}>`;
  const close = `</${name}>`;
  const { encode, plain } = schema;
  return plain ? (value) => open + encode(value) + close : (value) => open + escapeXml(encode(value)) + close;
}

function fieldWriter(name: string, field: Exclude<Field, { kind: 'attribute' }>): FieldWriter {
  const open = `<${name}`;
  const close = `</${name}>`;
  switch (field.kind) {
    case 'optional': {
      const write = singleWriter(name, field.of);
      return (value) => (value === undefined ? '' : write(value));
    }
    case 'list': {
      const write = writerOf(field.of);
      return (values) => {
        let document = '';
        for (const value of values as readonly unknown[]) document += write(value, open, close);
        return document;
      };
    }
    case 'mixed': {
      const writers = new Map(Object.entries(field.of).map(([child, schema]) => [child, fieldWriter(child, schema)]));
      return (values) => {
        let document = '';
        for (const { element, value } of values as readonly { element: string; value: unknown }[]) {
          document += writers.get(element)?.(value) ?? '';
        }
        return document;
      };
    }
    default:
      return singleWriter(name, field);
  }
}
