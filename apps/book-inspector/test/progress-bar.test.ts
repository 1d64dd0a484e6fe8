import { ProgressBar } from '../src/cli/progress-bar.ts';

function drawing(isTTY: boolean, isWanted?: boolean) {
  const written: string[] = [];
  let nowMs = 0;
  const output = { isTTY, columns: 80, write: (text: string) => written.push(text) };
  const bar = new ProgressBar('BTCUSDT', output, () => nowMs, isWanted);
  return { bar, written, at: (ms: number) => void (nowMs = ms) };
}

describe('ProgressBar', () => {
  it('shows share, bytes, speed and the time left, at most ten times a second', () => {
    const { bar, written, at } = drawing(true);
    for (let ms = 0; ms <= 1000; ms += 10) {
      at(ms);
      bar.update({ bytesRead: ms * 1000, bytesTotal: 2e6 });
    }
    expect(written).toHaveLength(10);
    expect(written.at(-1)).toBe(
      '\r\u001b[KBTCUSDT ████████████░░░░░░░░░░░░  50 %  1.0 of 2.0 MB  1.0 MB/s  1s left',
    );
  });

  it.each([
    [59_000, '59s'],
    [185_000, '3m05s'],
    [7_620_000, '2h07m'],
  ])('tells %i ms that are left as %s', (leftMs, text) => {
    const { bar, written, at } = drawing(true);
    at(1000);
    bar.update({ bytesRead: 1000, bytesTotal: 1000 + leftMs });
    expect(written.at(-1)).toMatch(new RegExp(` ${text} left$`));
  });

  it('is a line a second where the output is no terminal and lines are asked for', () => {
    const { bar, written, at } = drawing(false, true);
    for (let ms = 0; ms <= 3500; ms += 100) {
      at(ms);
      bar.update({ bytesRead: ms, bytesTotal: 4000 });
    }
    bar.clear();
    expect(written).toHaveLength(3);
    expect(written[0]).toMatch(/^BTCUSDT .* 25 % .*left\n$/);
  });

  it('writes nothing to a terminal where none is asked for', () => {
    const { bar, written, at } = drawing(true, false);
    at(1000);
    bar.update({ bytesRead: 1, bytesTotal: 2 });
    expect(written).toEqual([]);
  });

  it('takes its line away at the end', () => {
    const { bar, written, at } = drawing(true);
    at(100);
    bar.update({ bytesRead: 1, bytesTotal: 2 });
    bar.clear();
    bar.clear();
    expect(written.slice(1)).toEqual(['\r\u001b[K']);
  });

  it('writes nothing when the output is no terminal', () => {
    const { bar, written, at } = drawing(false);
    at(1000);
    bar.update({ bytesRead: 1, bytesTotal: 2 });
    bar.clear();
    expect(written).toEqual([]);
  });

  it('writes nothing for a replay that is done at once', () => {
    const { bar, written } = drawing(true);
    bar.update({ bytesRead: 2, bytesTotal: 2 });
    bar.clear();
    expect(written).toEqual([]);
  });
});
