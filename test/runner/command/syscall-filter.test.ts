import { describe, expect, it } from 'vitest';
import { syscallFilter } from '../../../src/runner/command/syscall-filter.ts';

const ALLOWED = 'allowed';
const NO_SUCH_CALL = 'error 38';
const NO_SUCH_FAMILY = 'error 97';

/** Runs a filter as the kernel does, on a call's ABI, number and first argument. */
function verdictOf(filter: Buffer | null, abi: number, number: number, argument = 0): string {
  if (filter === null) throw new Error('no filter');
  const data = new Map([
    [0, number],
    [4, abi],
    [16, argument],
  ]);
  let loaded = 0;
  for (let at = 0; at < filter.length; at += 8) {
    const code = filter.readUInt16LE(at);
    const operand = filter.readUInt32LE(at + 4);
    if (code === 0x06) return operand === 0x7fff0000 ? ALLOWED : `error ${operand & 0xffff}`;
    if (code === 0x20) loaded = data.get(operand) ?? 0;
    else at += 8 * filter.readUInt8(at + ((code === 0x15 ? loaded === operand : loaded >= operand) ? 2 : 3));
  }
  throw new Error('the filter came to no end');
}

const ABIS = [
  { name: 'x86-64', architecture: 'x64', abi: 0xc000003e, read: 0, keyctl: 250, socket: 41 },
  { name: 'i386', architecture: 'x64', abi: 0x40000003, read: 3, keyctl: 288, socket: 359 },
  { name: 'arm64', architecture: 'arm64', abi: 0xc00000b7, read: 63, keyctl: 219, socket: 198 },
  { name: 'arm', architecture: 'arm64', abi: 0x40000028, read: 3, keyctl: 311, socket: 281 },
];

describe.each(ABIS)('calls of $name', ({ architecture, abi, read, keyctl, socket }) => {
  const verdict = (number: number, argument?: number): string =>
    verdictOf(syscallFilter(architecture), abi, number, argument);

  it('pass when programs live by them', () => {
    expect(verdict(read)).toBe(ALLOWED);
  });

  it('are not there for keyrings and io_uring', () => {
    for (const number of [keyctl, keyctl - 1, keyctl - 2, 425, 426, 427]) {
      expect(verdict(number)).toBe(NO_SUCH_CALL);
    }
  });

  it('open sockets of the network, and none that reach past it', () => {
    for (const family of [1, 2, 10, 16]) expect(verdict(socket, family)).toBe(ALLOWED);
    for (const family of [17, 38, 40, 44]) expect(verdict(socket, family)).toBe(NO_SUCH_FAMILY);
  });
});

it('calls are not there when made the way of x32 or of another processor', () => {
  expect(verdictOf(syscallFilter('x64'), 0xc000003e, 0x40000000 + 250)).toBe(NO_SUCH_CALL);
  expect(verdictOf(syscallFilter('x64'), 0xc00000b7, 63)).toBe(NO_SUCH_CALL);
});

it('no filter is made for a processor whose calls are not known', () => {
  expect(syscallFilter('riscv64')).toBeNull();
});
