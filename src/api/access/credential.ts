/**
 * The key in an `Authorization` header: `Bearer KEY`, or the password of `Basic`, whatever the name beside it (a
 * browser asks for both; httpx makes it of `http://ptc:KEY@host`). Null when there is none.
 */
export function credentialIn(header: string | undefined): string | null {
  const [, scheme = '', value = ''] = /^(\w+) +(\S+) *$/.exec(header ?? '') ?? [];
  switch (scheme.toLowerCase()) {
    case 'bearer':
      return value;
    case 'basic': {
      const pair = Buffer.from(value, 'base64').toString('utf8');
      const colon = pair.indexOf(':');
      return colon === -1 ? null : pair.slice(colon + 1);
    }
    default:
      return null;
  }
}
