/** Work that repeats itself in the background process until it is told to stop. */
export interface Worker {
  readonly name: string;
  run(signal: AbortSignal): Promise<void>;
}
