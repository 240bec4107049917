import type { Reply } from './attempt.ts';

/** What a step leads to. Where two moments may tell different things, any of several answers is right. */
export interface Outcome<State> {
  readonly next: State;
  readonly reply: Reply | readonly Reply[];
}

/** A promise that can be played through in one's head: what each step answers, and what is then. */
export interface Model<State, AnyStep> {
  readonly initial: State;
  /** Several where it depends on what nobody can know, as the very moment; none where the step cannot come next. */
  apply(state: State, step: AnyStep): Outcome<State> | readonly Outcome<State>[];
  /** Equal for equal states. */
  fingerprint(state: State): string;
  /** For the reader of a failure. */
  describe(state: State): string;
}
