import { sealedLength } from './chunk-cipher.ts';

/** Room for a content that is stored inline, with its checksum in front of it. */
export interface InlineRoom {
  /** All that is stored: `checksumLength` bytes, then the content. */
  readonly sealed: Buffer;
  /** Where the content itself goes. */
  readonly bytes: Buffer;
}

/** The CRC32C. */
export const checksumLength = 4;

/** Below this a fresh buffer costs less than one that is kept. */
const worthKeeping = 16 * 1024;
const keptAtMost = 64;

export function freshRoom(contentLength: number): InlineRoom {
  return roomIn(Buffer.allocUnsafe(checksumLength + contentLength));
}

function roomIn(sealed: Buffer): InlineRoom {
  return { sealed, bytes: sealed.subarray(checksumLength) };
}

/**
 * Buffers for contents on their way into the metadata engine, used again once their commit is over. A fresh one for each
 * would be garbage of 64 KiB a request, and it is the bytes outside its heap that make V8 collect the whole of it.
 */
export class InlineRooms {
  readonly #largest: number;
  readonly #kept: Buffer[] = [];

  /** For contents of up to this many bytes, and of as many when they are encrypted. */
  constructor(inlineBytes: number) {
    this.#largest = checksumLength + sealedLength(inlineBytes);
  }

  take(contentLength: number): InlineRoom {
    const length = checksumLength + contentLength;
    if (contentLength < worthKeeping || length > this.#largest) return freshRoom(contentLength);
    const buffer = this.#kept.pop() ?? Buffer.allocUnsafeSlow(this.#largest);
    return roomIn(buffer.subarray(0, length));
  }

  /** For when nobody reads or writes the room any more. */
  giveBack({ sealed }: InlineRoom): void {
    const { buffer } = sealed;
    if (buffer.byteLength === this.#largest && this.#kept.length < keptAtMost) this.#kept.push(Buffer.from(buffer));
  }
}
