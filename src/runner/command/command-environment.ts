import { existsSync } from 'node:fs';
import { join } from 'node:path';

const CA_BUNDLE = '/etc/ssl/certs/ca-certificates.crt';

/** What the environment of a command is made from; nothing of the runner's own environment is in it. */
export interface EnvironmentParts {
  readonly path: string;
  readonly home: string;
  readonly temporary: string;
  readonly cache: string;
  /** URL of the proxy to package registries; null without network. */
  readonly proxyUrl: string | null;
  readonly extra: Readonly<Record<string, string>>;
}

export function commandEnvironment(parts: EnvironmentParts): Record<string, string> {
  return {
    PATH: parts.path,
    HOME: parts.home,
    TMPDIR: parts.temporary,
    LANG: 'C.UTF-8',
    SHELL: '/bin/bash',
    CI: '1',
    ...cacheVariables(parts.cache),
    ...gitVariables(),
    ...javaVariables(parts.cache, parts.proxyUrl),
    ...(parts.proxyUrl === null ? offlineVariables() : proxyVariables(parts.proxyUrl)),
    ...parts.extra,
  };
}

function cacheVariables(cache: string): Record<string, string> {
  return {
    XDG_CACHE_HOME: cache,
    npm_config_cache: join(cache, 'npm'),
    PIP_CACHE_DIR: join(cache, 'pip'),
    YARN_CACHE_FOLDER: join(cache, 'yarn'),
    YARN_GLOBAL_FOLDER: join(cache, 'yarn-global'),
    PNPM_HOME: join(cache, 'pnpm'),
    COREPACK_HOME: join(cache, 'corepack'),
    COREPACK_ENABLE_DOWNLOAD_PROMPT: '0',
    GOPATH: join(cache, 'go'),
    // Modules that cannot be written to could not be removed with the workspace either. And no command of the
    // target needs git's word in a binary, which the guarded `.git` may not give.
    GOFLAGS: '-modcacherw -buildvcs=false',
    CARGO_HOME: join(cache, 'cargo'),
    MAVEN_USER_HOME: join(cache, 'maven'),
    GRADLE_USER_HOME: join(cache, 'gradle'),
  };
}

/** Programs on Java know no variable for a proxy, and Maven none for its packages. */
function javaVariables(cache: string, proxyUrl: string | null): Record<string, string> {
  const repository = `-Dmaven.repo.local=${join(cache, 'maven', 'repository')}`;
  const proxy = proxyUrl === null ? [] : javaProxy(new URL(proxyUrl));
  return { MAVEN_OPTS: [repository, ...proxy].join(' '), GRADLE_OPTS: proxy.join(' ') };
}

function javaProxy({ hostname, port }: URL): readonly string[] {
  const schemes = ['http', 'https'];
  return [
    ...schemes.flatMap((scheme) => [`-D${scheme}.proxyHost=${hostname}`, `-D${scheme}.proxyPort=${port}`]),
    // Maven 3.9 asks for no such properties by itself.
    '-Daether.connector.http.useSystemProperties=true',
  ];
}

/** What would otherwise try for long to reach a registry fails at once, or does with what is there. */
function offlineVariables(): Record<string, string> {
  return { GOPROXY: 'off', CARGO_NET_OFFLINE: 'true' };
}

/** The tree may belong to the runner's user, and `.git` cannot be written. */
function gitVariables(): Record<string, string> {
  return {
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'safe.directory',
    GIT_CONFIG_VALUE_0: '*',
  };
}

function proxyVariables(proxyUrl: string): Record<string, string> {
  const local = 'localhost,127.0.0.1,::1';
  return {
    HTTP_PROXY: proxyUrl,
    HTTPS_PROXY: proxyUrl,
    http_proxy: proxyUrl,
    https_proxy: proxyUrl,
    NO_PROXY: local,
    no_proxy: local,
    NODE_USE_ENV_PROXY: '1',
    YARN_HTTP_PROXY: proxyUrl,
    YARN_HTTPS_PROXY: proxyUrl,
    // Registries may stand behind a company's own certificate authority, which the machine knows.
    ...(existsSync(CA_BUNDLE)
      ? {
          NODE_EXTRA_CA_CERTS: CA_BUNDLE,
          SSL_CERT_FILE: CA_BUNDLE,
          PIP_CERT: CA_BUNDLE,
          REQUESTS_CA_BUNDLE: CA_BUNDLE,
          CARGO_HTTP_CAINFO: CA_BUNDLE,
        }
      : {}),
  };
}
