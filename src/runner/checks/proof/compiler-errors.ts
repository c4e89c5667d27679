import { posix } from 'node:path';
import { type Missing } from './missing-names.ts';

interface Compiler {
  readonly files: RegExp;
  /** Start of an error in a file, whose name takes the place of `FILE`. */
  readonly located: string;
  /** Each with the name of what is missing; what none of them fits is another kind of error. */
  readonly names: readonly RegExp[];
  readonly packages: readonly RegExp[];
}

const COMPILERS: readonly Compiler[] = [
  {
    files: /\.go$/,
    // With a column: a test that fails prints its line alone.
    located: String.raw`^(?:vet: )?(?:\S*/)?FILE:\d+:\d+: `,
    names: [
      /undefined: (?:[\w./]+\.)?(?<name>[\p{L}\p{N}_]+)/gu,
      /has no field or method (?<name>[\p{L}\p{N}_]+)/gu,
      /unknown field (?<name>[\p{L}\p{N}_]+) in struct literal/gu,
    ],
    packages: [
      /no required module provides package (?<name>[^\s;]+)/g,
      /package (?<name>\S+) is not in std/g,
      /does not contain package (?<name>\S+)/g,
    ],
  },
  {
    files: /\.rs$/,
    located: String.raw`^\s*--> (?:\S*/)?FILE:\d+:\d+$`,
    names: [
      /^error(?:\[E\d+\])?: (?:failed to resolve: )?(?:cannot|could not) find (?:[\w ,/-]+ )?\x60(?<name>\w+)!?\x60/gm,
      /^error(?:\[E\d+\])?: no (?:[\w ,]+ )?\x60(?<name>\w+)\x60 (?:found|on|in)/gm,
      /^error(?:\[E\d+\])?: .* has no field named \x60(?<name>\w+)\x60/gm,
      /^error(?:\[E\d+\])?: (?:failed to resolve: )?use of (?:undeclared|unresolved) [\w ]+ \x60(?<name>\w+)\x60/gm,
      /(?<=^error(?:\[E\d+\])?: unresolved imports? .*)\x60(?:\w+::)*(?<name>\w+)\x60/gm,
    ],
    packages: [],
  },
  {
    files: /\.(?:java|kt|groovy)$/,
    located: String.raw`^(?:\[ERROR\] |e: )?(?:\S*/)?FILE:(?:\[\d+,\d+\]|\d+: error:|\d+:\d+:?) `,
    names: [
      /symbol: +(?:class|interface|method|variable|static) (?<name>[\w$]+)/g,
      /[Uu]nresolved reference:? ['\x60]?(?<name>\w+)/g,
    ],
    packages: [/package (?<name>[\w.]+) does not exist/g],
  },
  {
    files: /\.(?:cs|fs|vb)$/,
    located: String.raw`^\s*(?:\S.*/)?FILE\(\d+(?:,\d+)*\): error `,
    names: [
      /does not contain a definition for '(?<name>\w+)/g,
      /[Tt]he (?:type or namespace )?name '(?<name>\w+)/g,
    ],
    packages: [],
  },
];

/**
 * What a compiler of Go, Rust, .NET or a language of the Java virtual machine found missing in a test file.
 *
 * @returns null when the message holds no error of that file; empty when its errors are of another kind
 */
export function missedByCompiler(file: string, message: string): readonly Missing[] | null {
  const compiler = COMPILERS.find(({ files }) => files.test(file));
  if (compiler === undefined) return null;
  const name = posix.basename(file).replace(/[.+^$()[\]{}|\\*?]/g, String.raw`\$&`);
  if (!new RegExp(compiler.located.replace('FILE', name), 'm').test(message)) return null;
  return [
    ...allNames(compiler.names, message).map((found): Missing => ({ kind: 'name', name: found })),
    ...allNames(compiler.packages, message).map((found): Missing => ({
      kind: 'package',
      path: file.endsWith('.go') ? found : found.replaceAll('.', '/'),
    })),
  ];
}

function allNames(patterns: readonly RegExp[], message: string): readonly string[] {
  return patterns.flatMap((pattern) =>
    [...message.matchAll(pattern)].flatMap(({ groups }) => groups?.['name'] ?? []),
  );
}
