/** The text without anything that nobody else may see. */
export type Redact = (text: string) => string;

const HIDDEN = '***';
/** Anything shorter would take words out of every text, and protects nothing. */
const LEAST_CHARS = 6;

/** @param secrets the values themselves; their forms in URLs and in basic authentication are found too */
export function redactor(secrets: readonly string[]): Redact {
  const long = secrets.filter((secret) => secret.length >= LEAST_CHARS);
  const forms = long
    .flatMap((secret) => [
      secret,
      encodeURIComponent(secret),
      Buffer.from(secret).toString('base64'),
      Buffer.from(`x-access-token:${secret}`).toString('base64'),
    ])
    // The longest first: one may be a part of another.
    .toSorted((one, other) => other.length - one.length);
  return (text) => forms.reduce((left, form) => left.replaceAll(form, HIDDEN), text);
}
