import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FolderCounters } from '../src/control/folder-counters.ts';
import { temporaryFolder } from './process/recorder.ts';

describe('the counters of a folder', () => {
  const folder = temporaryFolder();
  const outputPath = join(folder.path, 'data');
  let nowMs = 1000;
  const counters = (random = 0) =>
    new FolderCounters({ outputPath, nowMs: () => nowMs, random: () => random });

  beforeEach(() => {
    rmSync(outputPath, { recursive: true, force: true });
    mkdirSync(outputPath);
    nowMs = 1000;
  });
  afterAll(() => folder.remove());

  it('never give two recorders in a row the same generation, and come round', () => {
    const given = Array.from({ length: 9 }, () => counters().nextGeneration());
    expect(given.every((generation, index) => index === 0 || generation !== given[index - 1])).toBe(true);
    expect(new Set(given).size).toBe(8);
  });

  it('number lives upwards, though the clock goes back and another recorder counts on', () => {
    const first = counters();
    const epochs = [first.nextEpoch(), first.nextEpoch()];
    nowMs = 10;
    epochs.push(counters().nextEpoch(), counters().nextEpoch());
    nowMs = 5000;
    epochs.push(counters().nextEpoch());
    expect(epochs).toEqual([1000, 1001, 1002, 1003, 5000]);
  });

  it.each(['', 'nonsense', '{"generation":"1"}', '7'])('begin somewhere when the file holds %j', (text) => {
    writeFileSync(join(outputPath, '.generation'), text);
    expect(counters(0.5).nextGeneration()).toBe(5);
  });

  it('count on in memory when nothing can be written', () => {
    const blind = counters();
    rmSync(outputPath, { recursive: true });
    expect([blind.nextGeneration(), blind.nextGeneration()]).toEqual([1, 2]);
    expect([blind.nextEpoch(), blind.nextEpoch()]).toEqual([1000, 1001]);
    expect(existsSync(outputPath)).toBe(false);
  });
});
