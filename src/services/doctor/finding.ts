/** What the doctor found in one check. */
export interface Finding {
  readonly check: string;
  /** `failure`: data is lost or will be, or the server cannot work. `warning`: it works, and should not stay so. */
  readonly state: 'good' | 'warning' | 'failure';
  readonly found: string;
  /** What to do about it; nothing for what is good. */
  readonly advice?: string;
}

export function good(check: string, found: string): Finding {
  return { check, state: 'good', found };
}

export function warning(check: string, found: string, advice: string): Finding {
  return { check, state: 'warning', found, advice };
}

export function failure(check: string, found: string, advice: string): Finding {
  return { check, state: 'failure', found, advice };
}

const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** A number of bytes for people: `1.5 GiB`. */
export function bytesText(bytes: number): string {
  const unit = bytes < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** unit;
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}
