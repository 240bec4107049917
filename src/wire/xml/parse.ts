import { isUtf8 } from 'node:buffer';
import { SaxesParser, type SaxesTagNS } from 'saxes';
import { StorageError } from '../../domain/errors.ts';
import { s3Namespace, xsiNamespace } from './build.ts';
import type { ElementSchema, Field, ScalarSchema, Schema } from './schema.ts';

export interface XmlLimits {
  /** The most bytes of a document; the body is bounded before it is collected, this is the second lock. */
  readonly maxBytes: number;
}

/** What no S3 document comes near to, and parsers have died of. */
const maxDepth = 16;
const maxAttributes = 16;

/** The namespaces that S3's clients put on its documents, S3 Control's too; libraries of its first years know the others. */
const namespaces = new Set([
  '',
  'http://awss3control.amazonaws.com/doc/2018-08-20/',
  s3Namespace,
  s3Namespace.slice(0, -1),
  'http://doc.s3.amazonaws.com/2006-03-01/',
  'http://doc.s3.amazonaws.com/2006-03-01',
]);
const ignoredAttributeNamespaces = new Set([
  'http://www.w3.org/2000/xmlns/',
  'http://www.w3.org/XML/1998/namespace',
  xsiNamespace,
]);

/**
 * The value in an XML body. Throws MalformedXml (MaxMessageLengthExceeded for more bytes than allowed) unless it is
 * well-formed UTF-8 with this root element and nothing in it that the schema does not know: no unknown elements, no
 * document type, no entities but the five of XML, no processing instructions. Elements may come in any order, in S3's
 * namespace or in none, with white space and comments between them.
 *
 * The time is linear in the body: it ends at the first element too deep and at the first attribute too many.
 */
export function parseXml<T>(schema: Schema<T>, rootName: string, body: Buffer, limits: XmlLimits): T {
  if (body.length > limits.maxBytes) throw new StorageError('MaxMessageLengthExceeded');
  if (body.length === 0 || !isUtf8(body)) throw malformed();
  const document = new DocumentReader(rootName, schema);
  const parser = new SaxesParser({ xmlns: true, position: false });
  parser.on('error', (error) => {
    throw malformed(error);
  });
  parser.on('xmldecl', ({ encoding }) => {
    if (encoding !== undefined && !/^(utf-8|us-ascii)$/i.test(encoding)) throw malformed();
  });
  parser.on('doctype', () => {
    throw malformed();
  });
  parser.on('processinginstruction', () => {
    throw malformed();
  });
  let attributes = 0;
  parser.on('opentagstart', () => {
    attributes = 0;
    document.checkDepth();
  });
  parser.on('attribute', () => {
    attributes++;
    if (attributes > maxAttributes) throw malformed();
  });
  parser.on('opentag', (tag) => document.open(tag));
  parser.on('closetag', () => document.close());
  parser.on('text', (text) => document.text(text));
  parser.on('cdata', (text) => document.text(text));
  parser.write(body.toString('utf8')).close();
  return document.value() as T;
}

/** One element whose end is still to come. */
interface Frame {
  readonly schema: Schema;
  /** The element that holds it, and the field there. Undefined for the root. */
  readonly parent: ElementFrame | undefined;
  readonly name: string;
}
interface ScalarFrame extends Frame {
  readonly schema: ScalarSchema<unknown>;
  text: string;
}
interface ElementFrame extends Frame {
  readonly schema: ElementSchema<unknown>;
  readonly value: Record<string, unknown>;
}

class DocumentReader {
  readonly #rootName: string;
  readonly #rootSchema: Schema;
  readonly #frames: (ScalarFrame | ElementFrame)[] = [];
  #result: { readonly value: unknown } | undefined;

  constructor(rootName: string, rootSchema: Schema) {
    this.#rootName = rootName;
    this.#rootSchema = rootSchema;
  }

  checkDepth(): void {
    if (this.#frames.length >= maxDepth) throw malformed();
  }

  open(tag: SaxesTagNS): void {
    if (!namespaces.has(tag.uri)) throw malformed();
    const parent = this.#frames[this.#frames.length - 1];
    const schema = parent === undefined ? this.#openRoot(tag.local) : childSchema(parent, tag.local);
    const place = { parent: parent as ElementFrame | undefined, name: tag.local };
    const attributes = readAttributes(schema, tag);
    this.#frames.push(
      schema.kind === 'scalar' ? { schema, text: '', ...place } : { schema, value: attributes, ...place },
    );
  }

  text(text: string): void {
    const frame = this.#frames[this.#frames.length - 1];
    if (frame !== undefined && isScalarFrame(frame)) frame.text += text;
    else if (/[^ \t\r\n]/.test(text)) throw malformed();
  }

  close(): void {
    const frame = this.#frames.pop();
    if (frame === undefined) throw malformed();
    const value = isScalarFrame(frame) ? frame.schema.decode(frame.text) : completed(frame);
    if (value === undefined) throw malformed();
    if (frame.parent === undefined) this.#result = { value };
    else store(frame.parent, frame.name, value);
  }

  value(): unknown {
    if (this.#result === undefined) throw malformed();
    return this.#result.value;
  }

  #openRoot(name: string): Schema {
    if (name !== this.#rootName || this.#result !== undefined) throw malformed();
    return this.#rootSchema;
  }
}

function isScalarFrame(frame: ScalarFrame | ElementFrame): frame is ScalarFrame {
  return frame.schema.kind === 'scalar';
}

/** The schema of an element called `name` in the element of `parent`. */
function childSchema(parent: ScalarFrame | ElementFrame, name: string): Schema {
  if (isScalarFrame(parent)) throw malformed();
  const field = fieldsOf(parent.schema).get(name)?.field;
  if (field === undefined || field.kind === 'attribute') throw malformed();
  if (field.kind === 'mixed') return field.of[name]!;
  if (field.kind === 'list') {
    const earlier = parent.value[name] as readonly unknown[] | undefined;
    // Refused when the first element too many begins, not when all of them have been read.
    if (earlier !== undefined && earlier.length >= field.max) throw malformed();
    return field.of;
  }
  if (Object.hasOwn(parent.value, name)) throw malformed();
  return field.kind === 'optional' ? field.of : field;
}

function store(parent: ElementFrame, element: string, value: unknown): void {
  const entry = fieldsOf(parent.schema).get(element)!;
  if (entry.field.kind === 'list' || entry.field.kind === 'mixed') {
    const member = entry.field.kind === 'mixed' ? { element, value } : value;
    const members = parent.value[entry.name] as unknown[] | undefined;
    if (members === undefined) parent.value[entry.name] = [member];
    else members.push(member);
  } else {
    parent.value[entry.name] = value;
  }
}

/** The value of an element that has ended: nothing required may be missing, and lists are there though empty. */
function completed(frame: ElementFrame): Record<string, unknown> {
  const { value } = frame;
  for (const [name, field] of Object.entries(frame.schema.fields)) {
    if (field.kind === 'list' || field.kind === 'mixed') {
      const members = (value[name] ?? []) as readonly unknown[];
      if (field.kind === 'list' && members.length < field.min) throw malformed();
      value[name] = members;
    } else if (field.kind !== 'optional' && field.kind !== 'attribute' && !Object.hasOwn(value, name)) {
      throw malformed();
    }
  }
  return value;
}

/** The fields that are attributes. Others must be of XML itself or of XML Schema instances, which say nothing here. */
function readAttributes(schema: Schema, tag: SaxesTagNS): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  const wanted = schema.kind === 'element' ? attributesOf(schema) : undefined;
  for (const attribute of Object.values(tag.attributes)) {
    const field = wanted?.get(qualified(attribute));
    if (field !== undefined) {
      const decoded = field.of.decode(attribute.value);
      if (decoded === undefined) throw malformed();
      value[field.name] = decoded;
    } else if (!ignoredAttributeNamespaces.has(attribute.uri)) {
      throw malformed();
    }
  }
  if (wanted !== undefined) {
    for (const { name } of wanted.values()) if (!Object.hasOwn(value, name)) throw malformed();
  }
  return value;
}

interface NamedField {
  /** The property of the value. */
  readonly name: string;
  readonly field: Field;
}
const fieldTables = new WeakMap<object, ReadonlyMap<string, NamedField>>();

/** The fields of a schema by the names of their elements. A map, since a client may name an element `__proto__`. */
function fieldsOf(schema: ElementSchema<unknown>): ReadonlyMap<string, NamedField> {
  let table = fieldTables.get(schema);
  if (table === undefined) {
    const entries: [string, NamedField][] = [];
    for (const [name, field] of Object.entries(schema.fields)) {
      const elements = field.kind === 'mixed' ? Object.keys(field.of) : [name];
      for (const elementName of elements) entries.push([elementName, { name, field }]);
    }
    table = new Map(entries);
    fieldTables.set(schema, table);
  }
  return table;
}

type AttributeTable = ReadonlyMap<string, { readonly name: string; readonly of: ScalarSchema<unknown> }>;
const attributeTables = new WeakMap<object, AttributeTable>();

function attributesOf(schema: ElementSchema<unknown>): AttributeTable {
  let table = attributeTables.get(schema);
  if (table === undefined) {
    const fields = Object.entries(schema.fields);
    table = new Map(
      fields.flatMap(([name, field]) =>
        field.kind === 'attribute' ? [[qualifiedName(field.name), { name, of: field.of }]] : [],
      ),
    );
    attributeTables.set(schema, table);
  }
  return table;
}

/** The name of an attribute with its namespace in place of the prefix, which is the client's to choose. */
function qualified({ uri, local }: { readonly uri: string; readonly local: string }): string {
  return uri === '' ? local : `{${uri}}${local}`;
}

function qualifiedName(name: string): string {
  return name.startsWith('xsi:') ? qualified({ uri: xsiNamespace, local: name.slice('xsi:'.length) }) : name;
}

function malformed(cause?: unknown): StorageError {
  return new StorageError('MalformedXml', { cause });
}
