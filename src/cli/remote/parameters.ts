/** What an action is given: lists become `Name.member.1`, records `Name.Field`; what is undefined is left out. */
export type ParameterValue = string | number | boolean | undefined | readonly ParameterValue[] | ParameterRecord;
export interface ParameterRecord {
  readonly [name: string]: ParameterValue;
}

/** As pairs for a form, in the order in which they stand. */
export function writtenParameters(parameters: ParameterRecord): readonly (readonly [string, string])[] {
  const pairs: [string, string][] = [];
  const write = (name: string, value: ParameterValue): void => {
    if (value === undefined) return;
    if (typeof value !== 'object') pairs.push([name, String(value)]);
    else if (isList(value)) for (const [i, each] of value.entries()) write(`${name}.member.${i + 1}`, each);
    else for (const [field, each] of Object.entries(value)) write(`${name}.${field}`, each);
  };
  for (const [name, value] of Object.entries(parameters)) write(name, value);
  return pairs;
}

function isList(value: ParameterValue): value is readonly ParameterValue[] {
  return Array.isArray(value);
}
