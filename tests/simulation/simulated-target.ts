import { NotNowError, type TargetConnection } from '../../src/services/events/targets/target-connection.ts';
import type { TakenMessage } from './events-heard.ts';
import type { SeededStream } from './seeded-stream.ts';

/** How a process reaches the target: it waits, and may be dead meanwhile. */
export interface WayToTarget {
  pause(): Promise<void>;
  readonly draws: SeededStream;
}

/**
 * Takes events, if it likes. What it has acknowledged it keeps; what it was about to acknowledge when it died may be lost
 * or not.
 */
export class SimulatedTarget {
  #taken: TakenMessage[] = [];
  readonly #unacknowledged = new Set<TakenMessage>();
  #life = 0;
  #isDown = false;
  #isHealed = false;

  get taken(): readonly TakenMessage[] {
    return this.#taken;
  }

  async open({ pause, draws }: WayToTarget): Promise<TargetConnection> {
    await pause();
    if (this.#isDown) throw new Error('nobody is there');
    const life = this.#life;
    const requireLife = () => {
      if (life !== this.#life || this.#isDown) throw new Error('the target is gone');
    };
    return {
      send: async ({ id, body }) => {
        await pause();
        requireLife();
        const mood = this.#isHealed ? 1 : draws.fraction();
        if (mood < 0.05) throw new NotNowError('it is busy');
        if (mood < 0.1) throw new Error('it hangs up');
        const message = { id, body };
        this.#taken.push(message);
        this.#unacknowledged.add(message);
        await pause();
        requireLife();
        this.#unacknowledged.delete(message);
        if (mood < 0.15) throw new Error('its answer is lost');
      },
      close: async () => undefined,
    };
  }

  crash(draws: SeededStream): void {
    this.#life++;
    this.#isDown = true;
    this.#taken = this.#taken.filter((message) => !this.#unacknowledged.has(message) || draws.happens(0.5));
    this.#unacknowledged.clear();
  }

  restart(): void {
    this.#isDown = false;
  }

  /** From now on it takes everything. */
  heal(): void {
    this.#isHealed = true;
    this.#isDown = false;
  }
}
