/** Certificates and private keys as files hold them (PEM, RFC 7468), with a sentence for whatever is wrong with one. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';

const CERTIFICATE = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]*-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g;
const KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;
const ENCRYPTED = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m;

/** The certificates in `text`, of which there is at least one. Throws an Error with a sentence that names `file`. */
export function readCertificates(text: string, file: string): X509Certificate[] {
  const blocks = text.match(CERTIFICATE) ?? [];
  if (blocks.length === 0) {
    const instead = KEY.test(text) ? 'a private key and no certificate' : 'no certificate in PEM form';
    throw new Error(`${file} holds ${instead}: it must have the lines -----BEGIN CERTIFICATE----- and its end.`);
  }
  return blocks.map((block, index) => {
    try {
      return new X509Certificate(block);
    } catch {
      throw new Error(`certificate ${index + 1} in ${file} is damaged. Copy the file again from where it was made.`);
    }
  });
}

/** The private key in `text`. Throws an Error with a sentence that names `file`. */
export function readPrivateKey(text: string, file: string): KeyObject {
  if (ENCRYPTED.test(text)) {
    throw new Error(
      `the key in ${file} is encrypted with a passphrase, and nobody is there to give it. Store it without one: openssl pkey -in ${file} -out NEW-FILE`,
    );
  }
  if (!KEY.test(text)) {
    throw new Error(
      `${file} holds no private key in PEM form: it must have the lines -----BEGIN PRIVATE KEY----- and its end.`,
    );
  }
  try {
    return createPrivateKey(text);
  } catch {
    throw new Error(`the key in ${file} is damaged. Copy the file again from where it was made.`);
  }
}

/** Throws an Error with a sentence where the key is not the certificate's own. */
export function refuseStrangeKey(
  certificate: X509Certificate,
  certFile: string,
  key: KeyObject,
  keyFile: string,
): void {
  if (certificate.checkPrivateKey(key)) return;
  throw new Error(
    `the key in ${keyFile} does not belong to the first certificate in ${certFile} (${commonName(certificate.subject)}). Name the key with which that certificate was asked for, and put the agent's or server's own certificate first.`,
  );
}

/** The most telling part of a distinguished name, as node:crypto writes it: CN, else O, else all of it. */
function commonName(name: string): string {
  const part = (word: string) => new RegExp(`^${word}=(.+)$`, 'm').exec(name)?.[1];
  return part('CN') ?? part('O') ?? name.replaceAll('\n', ', ');
}
