import { type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';
import { answerProblem } from '../problem.ts';
import { credentialIn } from './credential.ts';
import { allows, type Keyring } from './keyring.ts';
import { neededScope } from './needed-scope.ts';

export interface Access {
  readonly keyring: Keyring;
  /** Is the listener bound where only this machine reaches it? */
  readonly isLoopback: boolean;
  /** Pages of these origins may ask from a browser, such as `https://roma.example`. */
  readonly corsOrigins: readonly string[];
}

const MAX_BODY_BYTES = 2 * 1024 * 1024;
const LOOPBACK_NAMES = ['127.0.0.1', '[::1]', 'localhost'];
const READING = new Set(['GET', 'HEAD', 'OPTIONS']);
const OWN_SITES = new Set(['same-origin', 'none']);

/**
 * Who is let in, before any route is looked for: by the name asked for, by the page that asks, by key, by size.
 *
 * Without any key a listener on loopback is open, but for what needs `admin`. From the first key on, and anywhere
 * else from the start, each request needs a key with the scope of its path.
 * @param publicUrl address people reach this listener at; null when there is none
 */
export function guardsOf(access: Access, publicUrl: string | null): readonly MiddlewareHandler[] {
  const { isLoopback, corsOrigins } = access;
  const publicHost = publicUrl === null ? null : new URL(publicUrl);
  return [
    ...(isLoopback ? [onlyOwnNames(publicHost)] : []),
    ...(corsOrigins.length > 0 ? [cors({ origin: [...corsOrigins], maxAge: 600 })] : []),
    noForeignWrites(publicHost, new Set(corsOrigins)),
    onlyWithKey(access),
    bodyLimit({
      maxSize: MAX_BODY_BYTES,
      onError: (context) =>
        answerProblem(context, 413, {
          code: 'body-too-large',
          message: `The body of a request may have ${MAX_BODY_BYTES} bytes (2 MB); this one has more.`,
          remedy: 'Send less: long context belongs into the repository.',
        }),
    }),
  ];
}

/**
 * A page elsewhere can point a name of its own at this address; only our own names are answered. Where keys are
 * needed from the start this is no danger: a browser gives ours to no other name.
 */
function onlyOwnNames(publicHost: URL | null): MiddlewareHandler {
  const names = new Set([...LOOPBACK_NAMES, ...(publicHost === null ? [] : [publicHost.hostname])]);
  return async (context, next) =>
    names.has(new URL(context.req.url).hostname)
      ? next()
      : answerProblem(context, 421, {
          code: 'host-unknown',
          message: 'Not a name of this server.',
          remedy: 'Set PTC_PUBLIC_URL to the address that people reach it at.',
        });
}

/**
 * A page elsewhere can make a browser send what needs no answer to do harm: to a listener that is open, or with the
 * key that the browser remembers. Programs send neither of these headers.
 */
function noForeignWrites(publicHost: URL | null, allowed: ReadonlySet<string>): MiddlewareHandler {
  return async (context, next) => {
    const origin = context.req.header('origin');
    if (READING.has(context.req.method) || (origin !== undefined && allowed.has(origin))) return next();
    // The origin `null` is nobody’s.
    const own = [new URL(context.req.url).host, publicHost?.host];
    const isForeign =
      (origin !== undefined && !(URL.canParse(origin) && own.includes(new URL(origin).host))) ||
      !OWN_SITES.has(context.req.header('sec-fetch-site') ?? 'none');
    if (!isForeign) return next();
    return answerProblem(context, 403, {
      code: 'origin-refused',
      message: 'A page of another origin may not do this.',
      remedy: 'Name its origin in PTC_CORS_ORIGINS if it is yours.',
    });
  };
}

function onlyWithKey({ keyring, isLoopback }: Access): MiddlewareHandler {
  return async (context, next) => {
    const needed = neededScope(context.req.path);
    if (needed === null) return next();
    const credential = credentialIn(context.req.header('authorization'));
    const scopes = credential === null ? null : await keyring.scopesOf(credential);
    if (scopes !== null && allows(scopes, needed)) return next();
    // A proxy with passwords of its own may send them on: where no key is needed, a wrong one does no harm.
    if (isLoopback && needed !== 'admin' && !(await keyring.hasAny())) return next();
    if (scopes !== null) {
      return answerProblem(context, 403, {
        code: 'scope-missing',
        message: `This needs a key with the scope ${needed}.`,
        remedy: `Make one: ptc key create <name> --scope ${needed}`,
      });
    }
    context.header('www-authenticate', 'Basic realm="PTC Bot", charset="UTF-8"');
    context.header('www-authenticate', 'Bearer realm="PTC Bot"', { append: true });
    return answerProblem(context, 401, {
      code: credential === null ? 'key-missing' : 'key-refused',
      message:
        credential === null
          ? 'This needs an API key.'
          : 'This API key is not known here, or has been revoked.',
      remedy: `Send one as Authorization: Bearer KEY, or as the password of Basic. New ones: ptc key create <name> --scope ${needed}`,
    });
  };
}
