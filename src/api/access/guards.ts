import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';
import { type Scope } from '../../domain/api-key.ts';
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
const WITHOUT_BODY = new Set(['GET', 'HEAD']);
const OWN_SITES = new Set(['same-origin', 'none']);

/** The refusal of a request; null lets it in. Only what must be waited for is a promise. */
type Guard = (context: Context) => Response | null | Promise<Response | null>;

/**
 * Puts the guards in front of `routes`: who is let in, before any route is looked for, by the name asked for, by the
 * page that asks, by key, by size.
 *
 * Without any key a listener on loopback is open, but for what needs `admin`. From the first key on, and anywhere
 * else from the start, each request needs a key with the scope of its path.
 * @param publicUrl address people reach this listener at; null when there is none
 */
export function behindGuards(routes: Hono, access: Access, publicUrl: string | null): Hono {
  const { isLoopback, corsOrigins } = access;
  const publicHost = publicUrl === null ? null : new URL(publicUrl);
  const byName = isLoopback ? [onlyOwnNames(publicHost)] : [];
  const others = [noForeignWrites(publicHost, new Set(corsOrigins)), onlyWithKey(access), noLargeBody()];
  const door = new Hono();
  if (corsOrigins.length > 0) {
    // It tells browsers what they may do, and so stands behind the names alone.
    door.use(async (context, next) => (await refusalOf(byName, context)) ?? next());
    door.use(cors({ origin: [...corsOrigins], maxAge: 600 }));
  }
  const guards = corsOrigins.length > 0 ? others : [...byName, ...others];
  const enter = (context: Context): Response | Promise<Response> =>
    routes.fetch(context.req.raw, context.env);
  // One handler that waits only where it has to: a chain of middleware would cost more than most answers.
  const answer = (context: Context): Response | Promise<Response> => {
    const refusal = refusalOf(guards, context);
    if (refusal instanceof Promise) return refusal.then((settled) => settled ?? enter(context));
    return refusal ?? enter(context);
  };
  door.all('*', answer);
  return door;
}

/** Of the first guard that refuses. */
function refusalOf(guards: readonly Guard[], context: Context): ReturnType<Guard> {
  for (const [index, guard] of guards.entries()) {
    const refusal = guard(context);
    if (refusal instanceof Promise) {
      return refusal.then((settled) => settled ?? refusalOf(guards.slice(index + 1), context));
    }
    if (refusal !== null) return refusal;
  }
  return null;
}

/** What most addresses begin with: a name as it is written in an address, and at most a port. */
const PLAIN_NAME = /^https?:\/\/([a-z0-9.-]+)(?::\d{1,5})?\//;

/**
 * A page elsewhere can point a name of its own at this address; only our own names are answered. Where keys are
 * needed from the start this is no danger: a browser gives ours to no other name.
 */
function onlyOwnNames(publicHost: URL | null): Guard {
  const names = new Set([...LOOPBACK_NAMES, ...(publicHost === null ? [] : [publicHost.hostname])]);
  return (context) => {
    const { url } = context.req;
    const name = PLAIN_NAME.exec(url)?.[1];
    // Whatever does not stand there just so may be one of them in other words.
    if (name !== undefined && names.has(name)) return null;
    if (names.has(new URL(url).hostname)) return null;
    return answerProblem(context, 421, {
      code: 'host-unknown',
      message: 'Not a name of this server.',
      remedy: 'Set PTC_PUBLIC_URL to the address that people reach it at.',
    });
  };
}

/**
 * A page elsewhere can make a browser send what needs no answer to do harm: to a listener that is open, or with the
 * key that the browser remembers. Programs send neither of these headers.
 */
function noForeignWrites(publicHost: URL | null, allowed: ReadonlySet<string>): Guard {
  return (context) => {
    if (READING.has(context.req.method)) return null;
    const origin = context.req.header('origin');
    if (origin !== undefined && allowed.has(origin)) return null;
    // The origin `null` is nobody’s.
    const isOwn = (named: string): boolean =>
      URL.canParse(named) && [new URL(context.req.url).host, publicHost?.host].includes(new URL(named).host);
    const isForeign =
      (origin !== undefined && !isOwn(origin)) ||
      !OWN_SITES.has(context.req.header('sec-fetch-site') ?? 'none');
    if (!isForeign) return null;
    return answerProblem(context, 403, {
      code: 'origin-refused',
      message: 'A page of another origin may not do this.',
      remedy: 'Name its origin in PTC_CORS_ORIGINS if it is yours.',
    });
  };
}

function onlyWithKey({ keyring, isLoopback }: Access): Guard {
  const refusal = async (context: Context, needed: Scope): Promise<Response | null> => {
    const credential = credentialIn(context.req.header('authorization'));
    const scopes = credential === null ? null : await keyring.scopesOf(credential);
    if (scopes !== null && allows(scopes, needed)) return null;
    // A proxy with passwords of its own may send them on: where no key is needed, a wrong one does no harm.
    if (isLoopback && needed !== 'admin' && !(await keyring.hasAny())) return null;
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
  return (context) => {
    const needed = neededScope(context.req.path);
    return needed === null ? null : refusal(context, needed);
  };
}

function noLargeBody(): Guard {
  const tooLarge = (context: Context): Response =>
    answerProblem(context, 413, {
      code: 'body-too-large',
      message: `The body of a request may have ${MAX_BODY_BYTES} bytes (2 MB); this one has more.`,
      remedy: 'Send less: long context belongs into the repository.',
    });
  const counted = bodyLimit({ maxSize: MAX_BODY_BYTES, onError: tooLarge });
  return (context) => {
    const { req } = context;
    if (WITHOUT_BODY.has(req.method)) return null;
    const length = req.header('content-length');
    if (length === undefined || req.header('transfer-encoding') !== undefined) {
      return counted(context, async () => {}).then((refused) =>
        refused instanceof Response ? refused : null,
      );
    }
    // Node reads no more than is said here.
    return Number(length) <= MAX_BODY_BYTES ? null : tooLarge(context);
  };
}
