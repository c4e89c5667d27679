import { describe, expect, it } from 'vitest';
import { commandEnvironment } from '../../../src/runner/command/command-environment.ts';

function environment(proxyUrl: string | null): Record<string, string> {
  return commandEnvironment({
    path: '/usr/bin',
    home: '/home/command',
    temporary: '/tmp',
    cache: '/workspace/cache',
    proxyUrl,
    extra: {},
  });
}

describe('packages that set-up downloads', () => {
  it.each([
    'GOPATH',
    'CARGO_HOME',
    'MAVEN_USER_HOME',
    'GRADLE_USER_HOME',
    'npm_config_cache',
    'PIP_CACHE_DIR',
  ])('are kept where later commands find them: %s', (name) => {
    for (const proxyUrl of [null, 'http://127.0.0.1:8080']) {
      expect(environment(proxyUrl)[name]).toMatch(/^\/workspace\/cache\//);
    }
  });

  it('are kept there by Maven, which knows no variable for it', () => {
    for (const proxyUrl of [null, 'http://127.0.0.1:8080']) {
      expect(environment(proxyUrl)['MAVEN_OPTS']).toContain(
        '-Dmaven.repo.local=/workspace/cache/maven/repository',
      );
    }
  });
});

it('programs on Java reach registries through the proxy, and only when they may', () => {
  const proxy = '-Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort=8080';
  const reaching = environment('http://127.0.0.1:8080');
  expect(reaching['MAVEN_OPTS']).toContain(proxy);
  expect(reaching['GRADLE_OPTS']).toContain(proxy);
  expect(JSON.stringify(environment(null))).not.toContain('proxyHost');
});

it('Go and Cargo do with what is there when they have no network', () => {
  expect(environment(null)).toMatchObject({ GOPROXY: 'off', CARGO_NET_OFFLINE: 'true' });
  expect(environment('http://127.0.0.1:8080')).not.toHaveProperty('GOPROXY');
});
