/** Patterns of what defines `word` in the language of files with this ending. */
interface Language {
  readonly files: RegExp;
  readonly patterns: (word: string) => readonly string[];
}

const LANGUAGES: readonly Language[] = [
  {
    files: /\.go$/,
    patterns: (word) => [
      String.raw`^func\s+(?:\([^)]*\)\s*)?${word}\s*[[(]`,
      String.raw`^\s*(?:type|var|const)\s+${word}\b`,
      // In a group of constants, variables or types, a struct or an interface.
      String.raw`^\s+${word}(?:\s*,\s*\w+)*(?:\s*=|\s*\(|\s+[\w.*[\]]+|\s*$)`,
    ],
  },
  {
    files: /\.rs$/,
    patterns: (word) => [
      String.raw`\b(?:fn|struct|enum|trait|type|const|static|mod|union|macro_rules!)\s+(?:mut\s+)?${word}\b`,
      String.raw`\bpub\s+use\s[^;]*\b${word}\b`,
      // A field, or a variant of an enum.
      String.raw`^\s+(?:pub(?:\([\w:]+\))?\s+)?${word}\s*(?::[^:]|[,({]|$)`,
    ],
  },
  {
    files: /\.(?:java|kts?|groovy|scala)$/,
    patterns: (word) => [
      String.raw`\b(?:class|interface|enum|record|object|fun|val|var)\s+(?:<[^>]*>\s*)?(?:\w+\.)?${word}\b`,
      // A method, or a field: both stand after a type.
      String.raw`^\s+(?!return\b|throw\b|new\b|else\b)(?:[\w<>[\],.?@]+\s+)+${word}\s*[(=;]`,
      // A constant of an enum.
      String.raw`^\s+${word}\s*(?:\([^)]*\)\s*)?[,;{]`,
    ],
  },
  {
    files: /\.rb$/,
    patterns: (word) => [
      String.raw`^\s*(?:class|module)\s+(?:\w+::)*${word}`,
      String.raw`\bdef\s+(?:self\.)?${word}`,
      String.raw`^\s*attr_\w+\s.*:${word}`,
      String.raw`^\s*${word}\s*=[^=]`,
    ],
  },
  {
    files: /\.php$/,
    patterns: (word) => [
      String.raw`\b(?:class|interface|trait|enum|const|case)\s+${word}`,
      String.raw`\bfunction\s+&?${word}\s*\(`,
    ],
  },
  {
    files: /\.(?:cs|fs|vb)$/,
    patterns: (word) => [
      String.raw`\b(?:class|interface|enum|record|struct|namespace|module|type|let|member|Sub|Function|Class|Property)\s+(?:\w+\.)*${word}`,
      // A method, property or field: all stand after a type.
      String.raw`^\s+(?!return\b|throw\b|new\b|else\b|await\b)(?:[\w<>[\],.?]+\s+)+${word}\s*(?:<[^>]*>\s*)?(?:[({;]|=)`,
      // A member of an enum.
      String.raw`^\s+${word}\s*(?:=\s*\w+\s*)?,?\s*$`,
    ],
  },
];

/** JavaScript, TypeScript and Python. */
const OTHERS = (word: string): readonly string[] => [
  String.raw`export\s+(?:default\s+)?(?:async\s+)?(?:abstract\s+)?(?:declare\s+)?(?:function\s*\*?|class|const|let|var|type|interface|enum|namespace)\s+${word}`,
  String.raw`export\s+(?:type\s+)?\{[^}]*(?<![\w$])${word}[^}]*\}`,
  String.raw`exports\s*(?:\.\s*|\[\s*['"])${word}`,
  String.raw`module\.exports\s*=\s*\{[^}]*(?<![\w$])${word}`,
  // A method or property of a class or object.
  String.raw`^\s+(?:(?:public|static|async|get|set|readonly)\s+)*\*?${word}\s*(?:[(:=?<])`,
  String.raw`^\s*(?:async\s+)?(?:def|class)\s+${word}`,
  String.raw`^${word}\s*(?::[^=\n]+)?=`,
  String.raw`^\s*(?:from\s+\S+\s+)?import\s[^\n]*(?<!\w)${word}`,
];

/** True when the text of a file defines or exports a name, as far as a pattern can tell. */
export function defines(path: string, text: string | null, name: string): boolean {
  if (text === null) return false;
  if (name === 'default') return /^export\s+default\s/m.test(text);
  const word = `${name.replaceAll('$', String.raw`\$`)}(?![\\w$])`;
  const patterns = LANGUAGES.find(({ files }) => files.test(path))?.patterns ?? OTHERS;
  return patterns(word).some((pattern) => new RegExp(pattern, 'm').test(text));
}
