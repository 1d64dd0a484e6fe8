import { credsAuthenticator, type ConnectionOptions } from '@nats-io/transport-node';

const TLS = 'tls://';

/** `credentials`: the contents of a `.creds` file. An address that begins with `tls://` takes no connection without TLS. */
export function connectionTo(servers: readonly string[], credentials?: string): ConnectionOptions {
  return {
    servers: [...servers],
    ...(servers.some((server) => server.startsWith(TLS)) && { tls: {} }),
    ...(credentials !== undefined && {
      authenticator: credsAuthenticator(new TextEncoder().encode(credentials)),
    }),
  };
}
