import { z } from 'zod';

const SERVERS_MAX = 16;
const SERVERS_CHARACTERS_MAX = 2048;
const PROTOCOLS = ['nats:', 'tls:'];

/** A part of subjects and keys. */
export function partNameField(description: string, fallback: string) {
  const least = fallback === '' ? 0 : 1;
  const expected = `a name of ${least} to 64 letters, digits, "_" and "-"`;
  return z
    .string({ error: expected })
    .regex(/^[A-Za-z\d_-]*$/, { error: expected })
    .refine((text) => text.length >= least && text.length <= 64, { error: expected })
    .meta({ description, expected })
    .default(fallback);
}

/** Addresses with commas between them; who may come in says the credentials' file, so that no secret is in an address. */
export function serversField(description: string, fallback: string) {
  const expected = `1 to ${SERVERS_MAX} addresses like nats://host:4222 or tls://host:4222, with commas between them`;
  return z
    .string({ error: expected })
    .superRefine((text, context) => {
      const addresses = text.length <= SERVERS_CHARACTERS_MAX ? text.split(',') : [];
      const urls = addresses.flatMap((address) =>
        URL.canParse(address.trim()) ? new URL(address.trim()) : [],
      );
      const areServers = urls.every(
        ({ protocol, hostname }) => PROTOCOLS.includes(protocol) && hostname !== '',
      );
      const areAll = urls.length === addresses.length && urls.length > 0 && urls.length <= SERVERS_MAX;
      const hasSecret = urls.some(({ username, password }) => username !== '' || password !== '');
      const message = hasSecret
        ? 'addresses without user and password: use credentials_file'
        : areServers && areAll
          ? undefined
          : expected;
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    })
    .meta({ description, expected })
    .default(fallback);
}

/** A majority of them decides, so there is no even number. */
export function replicasField(description: string, fallback: number) {
  const expected = '1, 3 or 5';
  return z
    .int({ error: expected })
    .refine((copies) => [1, 3, 5].includes(copies), { error: expected })
    .meta({ description, expected })
    .default(fallback);
}
