/**
 * Patterns of the policy language: `*` stands for any text, empty or with slashes in it, and `?` for one character.
 *
 * A pattern is held as numbers rather than as text, so that a `*` that came out of a policy variable (a user may be
 * called `*`) can be told from one that the author of the policy wrote.
 */
export type PatternUnits = Int32Array;

/** Any text, in a pattern's units. All other units but `anyCharacter` are UTF-16 code units to be found literally. */
export const anyText = -1;
/** Exactly one character; a surrogate pair counts as one. */
export const anyCharacter = -2;
