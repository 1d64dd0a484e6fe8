import { Gate } from '../src/writer/gate.ts';

describe('a gate', () => {
  it('lets everybody through until it is closed, and those who waited in the order of their coming', async () => {
    const gate = new Gate();
    const passed: string[] = [];
    const pass = async (name: string): Promise<void> => {
      await gate.passed;
      passed.push(name);
    };
    await pass('first');
    gate.close();
    gate.close();
    const waiting = [pass('second'), pass('third')];
    await new Promise((resolve) => setImmediate(resolve));
    expect(passed).toEqual(['first']);
    gate.open();
    await Promise.all([...waiting, pass('fourth')]);
    expect(passed).toEqual(['first', 'second', 'third', 'fourth']);
  });

  it('refuses whoever waits, and nobody else', async () => {
    const gate = new Gate();
    gate.refuse(new Error('nobody hears this'));
    await gate.passed;
    gate.close();
    const waiting = gate.passed;
    gate.refuse(new Error('no more'));
    await expect(waiting).rejects.toThrow('no more');
  });
});
