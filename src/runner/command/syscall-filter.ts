const ENOSYS = 38;
const EAFNOSUPPORT = 97;
const ALLOW = 0x7fff0000;
const ERRNO = 0x00050000;

const LOAD = 0x20;
const JUMP_IF_EQUAL = 0x15;
const JUMP_IF_AT_LEAST = 0x35;
const RETURN = 0x06;

/** Offsets in the kernel's `struct seccomp_data`. */
const NUMBER = 0;
const ABI = 4;
const FIRST_ARGUMENT = 16;

/** Unix, IPv4, IPv6 and netlink. Others, vsock first of all, reach past network namespaces. */
const ADDRESS_FAMILIES = [1, 2, 10, 16];

/** A way to call the kernel: `id` as in <linux/audit.h>, numbers of calls as in its table. */
interface Abi {
  readonly id: number;
  readonly denied: readonly number[];
  readonly socket: number;
}

/** io_uring_setup, _enter and _register: the same everywhere. */
const IO_URING = [425, 426, 427];

/*
 * Denied by number: add_key, request_key, keyctl (the runner's keyrings are inherited through all namespaces),
 * perf_event_open, bpf, userfaultfd; on i386 also socketcall, which hides the address family.
 */
const X86_64: Abi = { id: 0xc000003e, denied: [248, 249, 250, 298, 321, 323], socket: 41 };
const I386: Abi = { id: 0x40000003, denied: [286, 287, 288, 336, 357, 374, 102], socket: 359 };
const ARM_64: Abi = { id: 0xc00000b7, denied: [217, 218, 219, 241, 280, 282], socket: 198 };
const ARM: Abi = { id: 0x40000028, denied: [309, 310, 311, 364, 386, 388], socket: 281 };

/** On x86-64, calls from here on are those of x32, its third way. */
const X32 = 0x40000000;

const ABIS: Readonly<Record<string, readonly Abi[]>> = { x64: [X86_64, I386], arm64: [ARM_64, ARM] };

type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, operand: number];

/**
 * A seccomp program for what namespaces do not keep apart: kernel keyrings, sockets that no network namespace
 * holds, and parts of the kernel that tests have no use for and attacks have. To a command they look like parts
 * that this kernel was built without. Null for processors whose calls are not known here.
 *
 * @param architecture as `process.arch`
 */
export function syscallFilter(architecture: string): Buffer | null {
  const abis = ABIS[architecture];
  if (abis === undefined) return null;
  const program: Instruction[] = [[LOAD, 0, 0, ABI]];
  for (const abi of abis) {
    const rules = rulesOf(abi);
    program.push([JUMP_IF_EQUAL, 0, rules.length, abi.id], ...rules);
  }
  program.push(refuse(ENOSYS));
  return Buffer.concat(program.map(encode));
}

function rulesOf({ id, denied, socket }: Abi): readonly Instruction[] {
  const families = ADDRESS_FAMILIES.flatMap((family) => when(JUMP_IF_EQUAL, family, [RETURN, 0, 0, ALLOW]));
  return [
    [LOAD, 0, 0, NUMBER],
    ...(id === X86_64.id ? when(JUMP_IF_AT_LEAST, X32, refuse(ENOSYS)) : []),
    ...[...denied, ...IO_URING].flatMap((number) => when(JUMP_IF_EQUAL, number, refuse(ENOSYS))),
    ...when(JUMP_IF_EQUAL, socket, [LOAD, 0, 0, FIRST_ARGUMENT], ...families, refuse(EAFNOSUPPORT)),
    [RETURN, 0, 0, ALLOW],
  ];
}

function when(jump: number, operand: number, ...then: readonly Instruction[]): readonly Instruction[] {
  return [[jump, 0, then.length, operand], ...then];
}

const refuse = (error: number): Instruction => [RETURN, 0, 0, ERRNO | error];

/** As `struct sock_filter` of processors that write the low byte first, which all of these do. */
function encode([code, ifTrue, ifFalse, operand]: Instruction): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt8(ifTrue, 2);
  bytes.writeUInt8(ifFalse, 3);
  bytes.writeUInt32LE(operand >>> 0, 4);
  return bytes;
}
