/**
 * For long work that hardly ever waits: called with each of its steps, it lets everything else that the process has to do
 * have its turn after every so many of them.
 */
export function givingWay(steps: number): () => Promise<void> | undefined {
  let taken = 0;
  return () => {
    taken += 1;
    return taken % steps === 0 ? new Promise((resolve) => setImmediate(resolve)) : undefined;
  };
}
