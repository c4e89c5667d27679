interface TestModule {
  readonly name: string;
  /** From its first attribute to after its closing brace or semicolon. */
  readonly start: number;
  readonly end: number;
}

/** A module under `#[cfg(test)]` up to its brace or semicolon, or any other brace. */
const TOKENS =
  /#\[cfg\((?:all\()?test\b[^\]]*\]\s*(?:#\[[^\]]*\]\s*)*(?:pub(?:\([\w:]+\))?\s+)?mod\s+(\w+)\s*[{;]|[{}]/g;

/** What may hide braces: line comments, the start of a block comment, and literals of strings and characters. */
const OPAQUE =
  /\/\/[^\n]*|\/\*|\b[bc]?r(#*)"[\s\S]*?"\1|\b[bc]?"(?:\\[\s\S]|[^"\\])*"|"(?:\\[\s\S]|[^"\\])*"|'(?:\\[^\n]+?|[^'\\\n])'/g;

/**
 * The source file `before` with the unit tests of `after`: its modules under `#[cfg(test)]` in place of those
 * with the same names, or at the end. Nothing else of `after` is taken.
 *
 * @returns null when there is nothing to take, or when a file cannot be split for sure
 */
export function withTestModules(before: string, after: string): string | null {
  const [old, fresh] = [findTestModules(before), findTestModules(after)];
  if (old === null || fresh === null) return null;
  let text = before;
  const added: string[] = [];
  // From the end, so that the places before stay as they are.
  const known = new Map(old.map((module) => [module.name, module]));
  const replaced = fresh
    .flatMap((module) => {
      const content = after.slice(module.start, module.end);
      const place = known.get(module.name);
      if (place === undefined) added.push(content);
      return place === undefined ? [] : [{ ...place, content }];
    })
    .sort((one, other) => other.start - one.start);
  for (const { start, end, content } of replaced) text = text.slice(0, start) + content + text.slice(end);
  const whole = added.length === 0 ? text : `${text.trimEnd()}\n\n${added.join('\n\n')}\n`;
  return whole === before ? null : whole;
}

/** The test modules at the top level of a file; null when its braces do not add up or names stand twice. */
function findTestModules(source: string): readonly TestModule[] | null {
  const code = withoutOpaque(source);
  if (code === null) return null;
  const modules: TestModule[] = [];
  let depth = 0;
  let open: { name: string; start: number } | null = null;
  for (const { 0: token, 1: name, index } of code.matchAll(TOKENS)) {
    const end = index + token.length;
    if (depth === 0 && name !== undefined) {
      if (token.endsWith(';')) modules.push({ name, start: index, end });
      else open = { name, start: index };
    }
    if (token.endsWith('{')) depth += 1;
    if (token === '}') depth -= 1;
    if (depth < 0) return null;
    if (depth === 0 && open !== null) {
      modules.push({ ...open, end });
      open = null;
    }
  }
  const isClear = depth === 0 && new Set(modules.map(({ name }) => name)).size === modules.length;
  return isClear ? modules : null;
}

/** The source with spaces for comments and literals, so that places stay the same; null when one never ends. */
function withoutOpaque(source: string): string | null {
  let code = '';
  let rest = 0;
  const opaque = new RegExp(OPAQUE);
  for (let found = opaque.exec(source); found !== null; found = opaque.exec(source)) {
    const [token] = found;
    const end = token === '/*' ? blockCommentEnd(source, found.index) : opaque.lastIndex;
    if (end === null) return null;
    code += source.slice(rest, found.index) + ' '.repeat(end - found.index);
    rest = end;
    opaque.lastIndex = end;
  }
  return code + source.slice(rest);
}

/** Block comments nest. */
function blockCommentEnd(source: string, start: number): number | null {
  let depth = 0;
  for (const { 0: token, index } of source.slice(start).matchAll(/\/\*|\*\//g)) {
    depth += token === '/*' ? 1 : -1;
    if (depth === 0) return start + index + 2;
  }
  return null;
}
