import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { silentLogger } from '../foundation/logger.ts';
import type { Assignment, Order } from './messages.ts';
import { Supervisor } from './supervisor.ts';

/** A child that does nothing but take orders; without a pid, one that the system refused to start. */
class FakeChild extends EventEmitter {
  readonly pid: number | undefined;
  exitCode: number | null = null;
  readonly signalCode = null;
  readonly orders: Order['type'][] = [];
  readonly connected = true;

  constructor(pid: number | undefined) {
    super();
    this.pid = pid;
    if (pid === undefined) queueMicrotask(() => this.#refuse());
  }

  send(order: Order): void {
    this.orders.push(order.type);
  }

  kill(): void {}

  /** As node:child_process has it: an error, and no exit. */
  #refuse(): void {
    this.exitCode = -11;
    this.emit('error', Object.assign(new Error('spawn EAGAIN'), { code: 'EAGAIN' }));
  }
}

function supervisor(pauses: number[]) {
  return new Supervisor({
    clock: {
      now: () => 0,
      async sleep(milliseconds) {
        pauses.push(milliseconds);
      },
    },
    logger: silentLogger,
    assignment: () => ({}) as Assignment,
    onReport() {},
    onStillborn() {},
  });
}

test('a place is filled although the system refuses to start a process for a while', async () => {
  const pauses: number[] = [];
  const alive = new FakeChild(1);
  const started = Promise.withResolvers<void>();
  alive.send = () => started.resolve();
  const first = new FakeChild(2);
  const refusal = Object.assign(new Error('spawn ENOMEM'), { code: 'ENOMEM' });
  const answers = ['refuse later', 'refuse at once', 'refuse later', 'start'];
  const place = {
    role: 'background' as const,
    spawn() {
      const answer = answers.shift();
      if (answer === 'refuse at once') throw refusal;
      return (answer === 'start' ? alive : new FakeChild(undefined)) as unknown as ChildProcess;
    },
  };
  supervisor(pauses).fill(place, first as unknown as ChildProcess);
  first.emit('exit', 1, null);
  await started.promise;
  assert.deepEqual(answers, []);
  assert.deepEqual(pauses, [100, 200, 400]);
});

test('a stop does not wait for a process that was never born', async () => {
  const watch = supervisor([]);
  const unborn = new FakeChild(undefined);
  const spawned = Promise.withResolvers<void>();
  watch.fill(
    {
      role: 'worker',
      spawn() {
        spawned.resolve();
        return new FakeChild(undefined) as unknown as ChildProcess;
      },
    },
    unborn as unknown as ChildProcess,
  );
  await spawned.promise;
  await watch.stop(1000);
});

test('what a worker has seen of those who guess is told to the other workers, and to nobody else', () => {
  const all = supervisor([]);
  const told: string[] = [];
  const member = (name: string, role: 'worker' | 'background') => {
    const child = new FakeChild(1);
    child.send = (order) => void (order.type === 'attempts' && told.push(`${name}: ${order.seen[0]![1]}`));
    const place = { role, spawn: () => child as unknown as ChildProcess };
    all.fill(place);
    return child;
  };
  const first = member('first', 'worker');
  member('second', 'worker');
  member('third', 'worker');
  member('background', 'background');
  first.emit('message', { type: 'attempts', seen: [['network', '10.0.0.1', 3]] });
  assert.deepEqual(told, ['second: 10.0.0.1', 'third: 10.0.0.1']);
});
