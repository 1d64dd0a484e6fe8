import { Buffer } from 'node:buffer';
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  BasicConstraints,
  Certificate,
  Extension,
  Extensions,
  GeneralName,
  id_ce_basicConstraints,
  id_ce_subjectAltName,
  Name,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from '@peculiar/asn1-x509';

/** A key and the certificate that goes with it, both as PEM. */
export interface KeyAndCertificate {
  readonly key: string;
  readonly cert: string;
}

const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';
const COMMON_NAME = '2.5.4.3';
const DAY_MS = 24 * 3_600_000;
/** A certificate lives as long as its exchange, which nobody runs for a year; clocks of clients may be off by a day. */
const LIFETIME_MS = 365 * DAY_MS;

/**
 * Makes a key and a certificate for 127.0.0.1 and localhost, signed by itself: whoever trusts it as an authority
 * (`ca`, `NODE_EXTRA_CA_CERTS`) trusts this exchange and nothing else.
 */
export function makeCertificate(nowMs: number): KeyAndCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const keyInfo = AsnConvert.parse(publicKey.export({ type: 'spki', format: 'der' }), SubjectPublicKeyInfo);
  const tbsCertificate = toBeSigned(keyInfo, nowMs);
  const signature = sign('sha256', Buffer.from(AsnConvert.serialize(tbsCertificate)), privateKey);
  const certificate = new Certificate({
    tbsCertificate,
    signatureAlgorithm: tbsCertificate.signature,
    signatureValue: bytes(signature),
  });
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    cert: pem(Buffer.from(AsnConvert.serialize(certificate))),
  };
}

function toBeSigned(subjectPublicKeyInfo: SubjectPublicKeyInfo, nowMs: number): TBSCertificate {
  const commonName = new AttributeTypeAndValue({
    type: COMMON_NAME,
    value: new AttributeValue({ utf8String: 'exchange-simulator' }),
  });
  const name = new Name([new RelativeDistinguishedName([commonName])]);
  // A serial number is positive and has at most 20 octets: RFC 5280, 4.1.2.2.
  const serialNumber = Buffer.concat([Buffer.of(1), randomBytes(15)]);
  return new TBSCertificate({
    version: Version.v3,
    serialNumber: bytes(serialNumber),
    signature: new AlgorithmIdentifier({ algorithm: ECDSA_WITH_SHA256 }),
    issuer: name,
    subject: name,
    validity: new Validity({
      notBefore: new Date(nowMs - DAY_MS),
      notAfter: new Date(nowMs + LIFETIME_MS),
    }),
    subjectPublicKeyInfo,
    extensions: new Extensions([
      extension(id_ce_basicConstraints, true, new BasicConstraints({ cA: true, pathLenConstraint: 0 })),
      extension(
        id_ce_subjectAltName,
        false,
        new SubjectAlternativeName([
          new GeneralName({ iPAddress: '127.0.0.1' }),
          new GeneralName({ dNSName: 'localhost' }),
        ]),
      ),
    ]),
  });
}

function extension(extnID: string, critical: boolean, value: object): Extension {
  return new Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });
}

/** The library takes whole buffers only, and Node's small ones are parts of a pool. */
function bytes(source: Buffer): ArrayBuffer {
  return new Uint8Array(source).buffer;
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g)!;
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
