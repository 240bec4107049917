/** Below this, waiting for the garbage collector is cheaper. */
const worthReleasing = 8 * 1024;

/**
 * Gives the memory of a buffer back at once, where the buffer has one of its own; nobody may use it afterwards. For those
 * that Node's native code makes (pieces of bodies, what ciphers answer): V8 does not see them among what dies young, and
 * marks its whole heap for each 64 MB of them.
 */
export function releaseMemory(bytes: Buffer): void {
  const { buffer, length } = bytes;
  if (length < worthReleasing || !(buffer instanceof ArrayBuffer) || buffer.byteLength !== length) return;
  buffer.transfer(0);
}
