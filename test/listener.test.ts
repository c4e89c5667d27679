import { expect, test } from 'vitest';
import { isLoopback } from '../src/listener.ts';

test.each(['127.0.0.1', '127.8.0.1', '::1', '0:0:0:0:0:0:0:1', 'localhost'])(
  '%s hears this machine alone',
  (host) => {
    expect(isLoopback(host)).toBe(true);
  },
);

test.each(['0.0.0.0', '::', '10.0.0.7', '127.0.0.1.evil.example', 'ptc.example', '', '127.1', '128.0.0.1'])(
  '%s may hear others too',
  (host) => {
    expect(isLoopback(host)).toBe(false);
  },
);
