import { z } from 'zod';
import { byteSizeField, integerField, wordField } from './field.ts';
import { partNameField, replicasField, serversField } from './nats-field.ts';

const URL_CHARACTERS_MAX = 2048;
const NAME_CHARACTERS_MAX = 128;
const PATH_CHARACTERS_MAX = 1024;
const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

/** Keys whose values are never shown, not even in an error about them. */
export const SECRET_KEYS: ReadonlySet<string> = new Set(['token', 'password']);

/** The address of a database. `fault` says what is wrong with one that is well formed. */
function databaseUrlField(
  description: string,
  fallback: string,
  protocols: readonly string[],
  fault: (url: URL) => string | undefined = () => undefined,
) {
  const expected = `an address that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`;
  return z
    .string({ error: expected })
    .superRefine((text, context) => {
      const isAddress = text.length <= URL_CHARACTERS_MAX && !/\s/.test(text) && URL.canParse(text);
      const url = isAddress ? new URL(text) : undefined;
      const message = url === undefined || !protocols.includes(url.protocol) ? expected : fault(url);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    })
    .meta({ description, expected })
    .default(fallback);
}

/** A name within a database; control characters have no business there, nor has what is `reserved`. */
function databaseNameField(description: string, fallback: string, reserved = '') {
  const least = fallback === '' ? 0 : 1;
  const expected = `a name of ${least} to ${NAME_CHARACTERS_MAX} characters${reserved === '' ? '' : ` without "${reserved}"`}`;
  return z
    .string({ error: expected })
    .refine(
      (text) =>
        text.length >= least &&
        text.length <= NAME_CHARACTERS_MAX &&
        !/\p{Cc}/u.test(text) &&
        (reserved === '' || !text.includes(reserved)),
      { error: expected },
    )
    .meta({ description, expected })
    .default(fallback);
}

/** The path of a file with one secret in it, or nothing. */
export function secretFileField(description: string) {
  const expected = 'the path of a file, or nothing';
  return z
    .string({ error: expected })
    .refine((path) => path.length <= PATH_CHARACTERS_MAX && !path.includes('\0'), { error: expected })
    .meta({ description, expected })
    .default('');
}

/** An unquoted identifier, so that nobody has to quote it in a query. */
function schemaNameField(description: string, fallback: string) {
  const expected = 'a name of 1 to 63 of a-z, 0-9 and "_" that does not begin with a digit';
  return z
    .string({ error: expected })
    .regex(/^[a-z_][a-z\d_]{0,62}$/, { error: expected })
    .meta({ description, expected })
    .default(fallback);
}

export function postgresFields() {
  return {
    url: databaseUrlField(
      'Where the database is; a password belongs into password_file or into the variable.',
      'postgresql://127.0.0.1:5432/postgres',
      ['postgresql:', 'postgres:'],
    ),
    password_file: secretFileField('File with the password of the database, read when it is connected to.'),
    schema: schemaNameField('Schema of the tables; it is made when absent.', 'market_data'),
    levels: wordField('Depth as one row an event with arrays of levels, or one row a level.', 'arrays', [
      'arrays',
      'rows',
    ]),
    timescale: wordField('Whether TimescaleDB is used where it is installed.', 'auto', ['auto', 'off']),
    partitions_ahead: integerField('Days whose partitions are made ahead of time.', 2, { min: 1, max: 30 }),
  };
}

export function influxFields() {
  return {
    url: databaseUrlField(
      'Where the database is.',
      'http://127.0.0.1:8086',
      ['http:', 'https:'],
      ({ username, password }) =>
        username === '' && password === ''
          ? undefined
          : 'an address without user and password: use username and password_file',
    ),
    api: wordField('Version of the HTTP interface.', 'v1', ['v1', 'v2']),
    database: databaseNameField('Database of the v1 interface.', 'market_data'),
    username: databaseNameField('User of the v1 interface, where it asks for one.', '', ':'),
    password_file: secretFileField('File with the password of that user, read when it is connected to.'),
    password: passwordField(
      'The password itself, better given by its variable or in password_file, which goes before it.',
    ),
    org: databaseNameField('Organisation of the v2 interface.', ''),
    bucket: databaseNameField('Bucket of the v2 interface.', 'market_data'),
    token_file: secretFileField('File with the token of the v2 interface, read when it is connected to.'),
    token: tokenField(
      'The token itself, better given by its variable or in token_file, which goes before it.',
    ),
    book_levels: integerField('Levels a side that are stored of each snapshot of a book.', 10, {
      min: 1,
      max: 1000,
    }),
  };
}

/** Basic authentication ends the name of the user at a colon, and takes any password. */
function passwordField(description: string) {
  const expected = 'a text of up to 1024 characters, or nothing';
  return z
    .string({ error: expected })
    .regex(/^\P{Cc}{0,1024}$/u, { error: expected })
    .meta({ description, expected })
    .default('');
}

/** A password needs somebody whose it is. Also holds when other keys of the section are at fault. */
export function userBesidePassword() {
  return z.superRefine(
    (value: unknown, context) => {
      if (typeof value !== 'object' || value === null) return;
      const { username, password, password_file: file } = value as Readonly<Record<string, unknown>>;
      if (username !== '' || ((password ?? '') === '' && (file ?? '') === '')) return;
      context.addIssue({ code: 'custom', path: ['username'], message: 'the user of the password' });
    },
    { when: () => true },
  );
}

function tokenField(description: string) {
  const expected = 'a text of printable characters, or nothing';
  return z
    .string({ error: expected })
    .regex(/^[\x21-\x7e]{0,1024}$/, { error: expected })
    .meta({ description, expected })
    .default('');
}

export function natsFields() {
  return {
    servers: serversField('NATS servers with JetStream.', 'nats://127.0.0.1:4222'),
    credentials_file: secretFileField(
      'File with the NATS credentials (.creds), read when it is connected to.',
    ),
    stream: partNameField('Name of the stream, and the beginning of its subjects.', 'market_data'),
    replicas: replicasField('Copies that the servers keep of a stream that is made.', 1),
    stream_size: byteSizeField('Size of a stream that is made.', '4GiB', { min: 64 * MIB, max: 1024 * GIB }),
    discard: wordField('What a full stream does: the oldest goes (old), or it takes nothing new.', 'old', [
      'old',
      'new',
    ]),
  };
}
