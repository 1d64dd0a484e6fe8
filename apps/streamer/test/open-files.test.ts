import { openFilesMax, processLimits } from '../src/writer/open-files.ts';

const limits = (soft: string) =>
  `Limit                     Soft Limit           Hard Limit           Units\nMax open files            ${soft.padEnd(20)} 1048576              files\n`;

describe('openFilesMax', () => {
  it.each([
    ['4096', 3072],
    ['1048576', 8192],
    ['unlimited', 8192],
    ['300', 256],
  ])('makes of a limit of %s files %d', (soft, expected) => {
    expect(openFilesMax(limits(soft))).toBe(expected);
  });

  it('stays with what every system gives where there is no limit to read', () => {
    expect(openFilesMax(undefined)).toBe(256);
    expect(openFilesMax('Max processes 1 1 processes')).toBe(256);
  });

  it('reads the limits of this process on Linux', () => {
    if (process.platform !== 'linux') return;
    expect(processLimits()).toMatch(/^Max open files\s+\d+/m);
  });
});
