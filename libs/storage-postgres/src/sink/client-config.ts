import type { ClientConfig } from 'pg';
import { PostgresSinkError } from '../errors.ts';
import { invalid, type PostgresSinkOptions } from './sink-options.ts';

/** What the driver needs. */
export function clientConfig({ url, connection, password }: PostgresSinkOptions): ClientConfig {
  if (url === undefined) return { ...connection, ...(password === undefined ? {} : { password }) };
  // The error of a bad URL holds the URL, and with it the password: it goes no further.
  if (!URL.canParse(url)) throw new PostgresSinkError('OPTIONS_INVALID', 'url: expected a URL');
  const parsed = new URL(url);
  if (parsed.protocol !== 'postgres:' && parsed.protocol !== 'postgresql:')
    throw invalid('url', 'postgres:// or postgresql://', parsed.protocol);
  if (password !== undefined) {
    parsed.password = password;
    if (parsed.password === '' && password !== '')
      throw new PostgresSinkError('OPTIONS_INVALID', 'password: expected a url with a user and a host');
  }
  return { connectionString: parsed.href };
}
