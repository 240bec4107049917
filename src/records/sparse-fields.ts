/** Fields that most records lack, as [code, value, code, value …]: what is left out takes no room. */
export type SparseCodecs<T> = {
  readonly [Name in keyof T]-?: {
    /** Part of stored records: never changed, never used again. */
    readonly code: number;
    readonly pack: (value: Exclude<T[Name], undefined>) => unknown;
    readonly unpack: (packed: unknown) => Exclude<T[Name], undefined>;
  };
};

/** How a record keeps some optional fields. `null` where it has none of them. */
export interface SparseFields<T> {
  pack(record: T): readonly unknown[] | null;
  unpack(packed: unknown): Partial<T> | undefined;
}

export function sparseFields<T extends object>(codecs: SparseCodecs<T>): SparseFields<T> {
  const names = (Object.keys(codecs) as (keyof T & string)[]).sort((a, b) => codecs[a].code - codecs[b].code);
  const byCode = new Map(names.map((name) => [codecs[name].code, name] as const));
  return {
    pack(record) {
      let packed: unknown[] | null = null;
      for (const name of names) {
        const value = record[name];
        if (value === undefined) continue;
        packed ??= [];
        packed.push(codecs[name].code, codecs[name].pack(value as Exclude<T[typeof name], undefined>));
      }
      return packed;
    },
    unpack(packed) {
      if (packed === null || packed === undefined) return undefined;
      const list = packed as readonly unknown[];
      const record: Partial<T> = {};
      for (let i = 0; i < list.length; i += 2) {
        const name = byCode.get(list[i] as number);
        if (name === undefined) throw new Error(`a record has an unknown field ${String(list[i])}`);
        record[name] = codecs[name].unpack(list[i + 1]);
      }
      return record;
    },
  };
}

/** For values that are stored as they are. */
export function asIs<T>(code: number): {
  readonly code: number;
  readonly pack: (value: T) => unknown;
  readonly unpack: (packed: unknown) => T;
} {
  return { code, pack: (value) => value, unpack: (packed) => packed as T };
}
