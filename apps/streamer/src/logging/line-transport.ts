import { Writable } from 'node:stream';
import { transports } from 'winston';

/** Hands each formatted line on at once, within the call that logs it: nothing waits in streams when the process ends. */
export function lineTransport(line: (text: string) => void): InstanceType<typeof transports.Stream> {
  const stream = new Writable({
    decodeStrings: false,
    write: (text: string, _encoding, done) => {
      line(text);
      done();
    },
  });
  return new transports.Stream({ stream, eol: '' });
}
