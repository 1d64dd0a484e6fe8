import * as fc from 'fast-check';
import { PostgresSinkError } from '@org/storage-postgres';
import { trades } from './records.ts';
import type { TestDatabase } from './server.ts';

const DEADLINE_MS = 30_000;
const PAUSE_MS = 20;
const STEPS = 12;

/** What a caller of a sink does: repeats the same call while the error passes. */
export async function persistently<T>(call: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof PostgresSinkError && error.isPassing) || Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

export async function terminateSessions(database: TestDatabase): Promise<void> {
  await database.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'recorder%'",
  );
}

export async function storedIds(database: TestDatabase, schema: string): Promise<number[]> {
  const rows = await database.query(
    `select agg_trade_id as id from ${schema}.agg_trades order by agg_trade_id`,
  );
  return rows.map(({ id }) => Number(id));
}

interface Step {
  readonly fault: 'none' | 'terminate' | 'kill';
  readonly delayMs: number;
  readonly ends: 'append' | 'commit' | 'die';
}

const steps = fc.array(
  fc.record<Step>({
    fault: fc.constantFrom('none', 'none', 'terminate', 'terminate', 'terminate', 'kill'),
    delayMs: fc.integer({ min: 0, max: 6 }),
    ends: fc.constantFrom('append', 'commit', 'commit', 'die'),
  }),
  { minLength: STEPS, maxLength: STEPS },
);

/** Random appends, commits and deaths of the sink under random faults of the server: rows there = distinct = sent. */
export async function surviveRandomFaults(database: TestDatabase, runs: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(steps, (run) => survive(database, run)),
    { numRuns: runs, endOnFailure: true },
  );
}

async function survive(database: TestDatabase, run: readonly Step[]): Promise<void> {
  const faults = {
    none: () => Promise.resolve(),
    terminate: () => terminateSessions(database),
    kill: () => database.server.restart(),
  };
  const schema = database.newSchema();
  const newSink = () => database.sink(schema, { lockWaitMs: 100 });
  const append = (position: number) =>
    persistently(() => sink.append(trades(2 * position - 1, 2 * position), position));
  const dead: Promise<void>[] = [];
  let sink = newSink();
  await persistently(() => sink.open());
  for (const [index, { fault, delayMs, ends }] of run.entries()) {
    const position = index + 1;
    const harm = new Promise((resolve) => setTimeout(resolve, delayMs)).then(faults[fault]);
    await append(position);
    if (ends === 'commit') expect(await persistently(() => sink.commit(`state ${position}`))).toBe(position);
    await harm;
    if (ends !== 'die') continue;
    // Another one goes on, from where the database says, while the last commit of this one is under way.
    const dying = sink;
    dead.push(
      dying
        .commit(`state ${position}`)
        .then(noop, noop)
        .then(() => dying.close()),
    );
    await terminateSessions(database);
    sink = newSink();
    const { position: durable, state } = await persistently(() => sink.open());
    expect(state).toBe(durable === 0 ? undefined : `state ${durable}`);
    for (let again = durable + 1; again <= position; again++) await append(again);
  }
  await persistently(() => sink.commit('last'));
  expect(sink.stats().duplicates).toBe(0);
  await sink.close();
  await Promise.all(dead);
  expect(await storedIds(database, schema)).toEqual(
    run.flatMap((_, index) => [2 * index + 1, 2 * index + 2]),
  );
  const reader = newSink();
  expect(await reader.open()).toMatchObject({ position: run.length, state: 'last', isPositionLost: false });
  await reader.close();
}

function noop(): void {}
