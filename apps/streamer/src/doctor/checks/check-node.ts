import { error, type Finding, ok } from '../finding.ts';

/** `engines` of the package. */
const NODE_LEAST = [20, 19] as const;

export interface NodeFacts {
  /** As `process.versions.node` has it. */
  readonly version: string;
  /** `NODE_TLS_REJECT_UNAUTHORIZED`. */
  readonly tlsRejectUnauthorized: string | undefined;
}

export function checkNode({ version, tlsRejectUnauthorized }: NodeFacts): readonly Finding[] {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isEnough = major > NODE_LEAST[0] || (major === NODE_LEAST[0] && minor >= NODE_LEAST[1]);
  const findings = [
    isEnough
      ? ok('node', `Node ${version}`)
      : error('node', `Node ${version}`, `install Node ${NODE_LEAST.join('.')} or later`),
  ];
  if (tlsRejectUnauthorized === '0')
    findings.push(
      error('tls', 'NODE_TLS_REJECT_UNAUTHORIZED=0: anybody could be the exchange', 'unset it; NODE_EXTRA_CA_CERTS adds a certificate'),
    ); // prettier-ignore
  return findings;
}
