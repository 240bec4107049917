import { anyCharacter, anyText, type PatternUnits } from './pattern-units.ts';

/**
 * Whether a pattern matches the whole text from a position on, in time that no pattern can stretch: all places where the
 * pattern may have got to are kept at once, as bits, so that a character of the text costs one step for every 32
 * characters of the pattern (the method of Baeza-Yates and Gonnet, "A new approach to text searching", 1992).
 */
export function matchesByAutomaton(units: PatternUnits, text: string, from: number): boolean {
  const { items, loops } = readItems(units);
  const words = (items.length >>> 5) + 1;
  const matching = masksOf(items, words);
  let active = new Uint32Array(words);
  let next = new Uint32Array(words);
  active[0] = 1;
  for (let at = from; at < text.length; ) {
    const character = text.codePointAt(at)!;
    const mask = matching.get(character) ?? matching.get(anyCharacter)!;
    let carry = 0;
    for (let word = 0; word < words; word++) {
      const moved = active[word]! & mask[word]!;
      next[word] = ((moved << 1) | carry | (active[word]! & loops[word]!)) >>> 0;
      carry = moved >>> 31;
    }
    [active, next] = [next, active];
    at += character > 0xffff ? 2 : 1;
  }
  return ((active[items.length >>> 5]! >>> (items.length & 31)) & 1) === 1;
}

/** The characters of a pattern, `anyCharacter` among them, and as bits the places between them where `*` stands. */
function readItems(units: PatternUnits): { items: number[]; loops: Uint32Array } {
  const items: number[] = [];
  const loops = new Uint32Array((units.length >>> 5) + 1);
  for (let i = 0; i < units.length; i++) {
    const unit = units[i]!;
    if (unit === anyText) {
      loops[items.length >>> 5]! |= 1 << (items.length & 31);
      continue;
    }
    const low = units[i + 1] ?? 0;
    const isPair = unit >= 0xd800 && unit <= 0xdbff && low >= 0xdc00 && low <= 0xdfff;
    items.push(isPair ? ((unit - 0xd800) << 10) + (low - 0xdc00) + 0x10000 : unit);
    if (isPair) i++;
  }
  return { items, loops };
}

/** For each character of the pattern the places where it fits; under `anyCharacter` those where everything does. */
function masksOf(items: readonly number[], words: number): Map<number, Uint32Array> {
  const everywhere = new Uint32Array(words);
  items.forEach((item, place) => {
    if (item === anyCharacter) everywhere[place >>> 5]! |= 1 << (place & 31);
  });
  const masks = new Map([[anyCharacter as number, everywhere]]);
  items.forEach((item, place) => {
    if (item === anyCharacter) return;
    const mask = masks.get(item) ?? everywhere.slice();
    mask[place >>> 5]! |= 1 << (place & 31);
    masks.set(item, mask);
  });
  return masks;
}
