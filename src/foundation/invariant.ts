/** A promise the program makes to itself was broken: a defect, never a client's mistake. Answered as InternalError. */
export class InvariantViolation extends Error {
  readonly invariantName: string;
  readonly details: Readonly<Record<string, unknown>> | undefined;
  constructor(name: string, details?: Readonly<Record<string, unknown>>) {
    super(`invariant violated: ${name}${details ? ` ${JSON.stringify(details)}` : ''}`);
    this.name = 'InvariantViolation';
    this.invariantName = name;
    this.details = details;
  }
}

/** Throws `InvariantViolation` unless `condition` holds. Inside a transaction the throw keeps anything from committing. */
export function invariant(
  condition: unknown,
  name: string,
  details?: Readonly<Record<string, unknown>>,
): asserts condition {
  if (!condition) throw new InvariantViolation(name, details);
}
