import { anyCharacter, anyText, type PatternUnits } from './pattern-units.ts';
import { matchesByAutomaton } from './wildcard-automaton.ts';

/** A pattern made ready for many comparisons. */
export interface TextPattern {
  /** `exact` and `prefix` (a `*` at the end and nowhere else) need no walk through the units. */
  readonly form: 'exact' | 'prefix' | 'glob';
  /** What the text has to begin with, up to the first wildcard. */
  readonly literal: string;
  /** The units behind the literal, of a `glob`. */
  readonly rest: PatternUnits;
}

const nothing: PatternUnits = new Int32Array(0);

const star = 0x2a;
const questionMark = 0x3f;

/** The units of a pattern as it is written in a policy without variables. */
export function patternUnits(pattern: string): PatternUnits {
  const units = new Int32Array(pattern.length);
  for (let i = 0; i < pattern.length; i++) {
    const unit = pattern.charCodeAt(i);
    units[i] = unit === star ? anyText : unit === questionMark ? anyCharacter : unit;
  }
  return units;
}

/** Makes a pattern ready whose every `*` and `?` is a wildcard. */
export function patternOf(pattern: string): TextPattern {
  return patternOfUnits(patternUnits(pattern));
}

export function patternOfUnits(units: PatternUnits): TextPattern {
  let length = 0;
  while (length < units.length && units[length]! >= 0) length++;
  const literal = textOf(units, length);
  if (length === units.length) return { form: 'exact', literal, rest: nothing };
  let at = length;
  while (at < units.length && units[at] === anyText) at++;
  if (at === units.length) return { form: 'prefix', literal, rest: nothing };
  return { form: 'glob', literal, rest: units.slice(length) };
}

export function matchesPattern(pattern: TextPattern, text: string): boolean {
  switch (pattern.form) {
    case 'exact':
      return text === pattern.literal;
    case 'prefix':
      return beginsWith(text, pattern.literal);
    case 'glob':
      return beginsWith(text, pattern.literal) && matchesUnits(pattern.rest, text, pattern.literal.length);
  }
}

/** `startsWith`, which looks at the last unit first: resources of one policy differ late. */
function beginsWith(text: string, start: string): boolean {
  const last = start.length - 1;
  return last < 0 || (text.charCodeAt(last) === start.charCodeAt(last) && text.startsWith(start));
}

/** Up to here, the product of both lengths, the plain walk is quick enough whatever the pattern. */
const plainWalk = 32_768;

/**
 * Whether the units match the whole text from a position on. Iterative, with one point to return to: only the last `*`
 * need ever take more text, hence never more steps than the text's length times the pattern's; where that is a lot,
 * the automaton answers, which nobody can slow down.
 */
export function matchesUnits(units: PatternUnits, text: string, from: number): boolean {
  if (units.length * (text.length - from) > plainWalk) return matchesByAutomaton(units, text, from);
  let at = from;
  let unit = 0;
  let lastStar = -1;
  let starTook = from;
  while (at < text.length) {
    const wanted = unit < units.length ? units[unit]! : undefined;
    if (wanted === anyText) {
      lastStar = unit++;
      starTook = at;
    } else if (wanted === anyCharacter) {
      at += isSurrogatePair(text, at) ? 2 : 1;
      unit++;
    } else if (wanted === text.charCodeAt(at)) {
      at++;
      unit++;
    } else if (lastStar >= 0) {
      unit = lastStar + 1;
      at = ++starTook;
    } else {
      return false;
    }
  }
  while (unit < units.length && units[unit] === anyText) unit++;
  return unit === units.length;
}

/** Whether some text that begins with a prefix and goes on behind it, be it by one character, could match. */
export function mayMatchBeyond(units: PatternUnits, prefix: string): boolean {
  let reached = new Set<number>();
  const enter = (states: Set<number>, state: number) => {
    let next = state;
    states.add(next);
    while (next < units.length && units[next] === anyText) states.add(++next);
  };
  enter(reached, 0);
  for (const character of prefix) {
    const following = new Set<number>();
    for (const state of reached) {
      const wanted = units[state];
      if (wanted === anyText) enter(following, state);
      else if (wanted === anyCharacter) enter(following, state + 1);
      else if (isAt(units, state, character)) enter(following, state + character.length);
    }
    reached = following;
  }
  return [...reached].some((state) => state < units.length);
}

function isAt(units: PatternUnits, state: number, character: string): boolean {
  for (let i = 0; i < character.length; i++) if (units[state + i] !== character.charCodeAt(i)) return false;
  return true;
}

/** In few pieces: text that is put together letter by letter takes many times its room. */
function textOf(units: PatternUnits, length: number): string {
  let text = '';
  for (let at = 0; at < length; at += 1024) {
    text += String.fromCharCode(...units.subarray(at, Math.min(length, at + 1024)));
  }
  return text;
}

function isSurrogatePair(text: string, at: number): boolean {
  const first = text.charCodeAt(at);
  if (first < 0xd800 || first > 0xdbff || at + 1 >= text.length) return false;
  const second = text.charCodeAt(at + 1);
  return second >= 0xdc00 && second <= 0xdfff;
}
