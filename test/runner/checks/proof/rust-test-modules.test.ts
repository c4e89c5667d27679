import { describe, expect, test } from 'vitest';
import { withTestModules } from '../../../../src/runner/checks/proof/rust-test-modules.ts';

const BASE = `pub fn add(a: i64, b: i64) -> i64 { a - b }

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn old() { assert_eq!(add(0, 0), 0); }
}

pub const AFTER: char = '}';
`;

const TESTS = `#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn adds() { let text = "}"; assert_eq!(add(1, 1), 2, r#"a "quoted" }"#); } // }
}`;

describe('a Rust file with its unit tests in it', () => {
  test('the tests of the change take the place of those of the base, and nothing else does', () => {
    const changed = `pub fn add(a: i64, b: i64) -> i64 { a + b }\n${TESTS}\npub const AFTER: char = '{';\n`;
    expect(withTestModules(BASE, changed)).toBe(
      `pub fn add(a: i64, b: i64) -> i64 { a - b }\n\n${TESTS}\n\npub const AFTER: char = '}';\n`,
    );
  });

  test('tests are added where the base has none', () => {
    expect(withTestModules('pub fn a() {}\n', `pub fn a() { b() }\nfn b() {}\n${TESTS}`)).toBe(
      `pub fn a() {}\n\n${TESTS}\n`,
    );
  });

  test('a module with a file of its own, further attributes and conditions are seen', () => {
    const declared = '#[cfg(all(test, feature = "x"))]\n#[allow(dead_code)]\npub(crate) mod checks;';
    expect(withTestModules('fn a() {}\n', `fn a() { 1; }\n${declared}\n`)).toBe(`fn a() {}\n\n${declared}\n`);
  });

  test.each([
    ['braces in comments', '/* { /* " { */ */ // {\n'],
    ['braces in characters', "const A: char = '{'; const B: char = '\\''; const C: u8 = b'{';\n"],
    ['lifetimes', "struct A<'a> { x: &'a str }\n"],
    ['strings', 'const A: &str = "{ \\" {"; const B: &[u8] = br##"{ "# {"##;\n'],
  ])('%s do not mislead', (_, text) => {
    expect(withTestModules(text, `fn fix() {}\n${text}\n${TESTS}`)).toBe(`${text.trimEnd()}\n\n${TESTS}\n`);
  });

  test('a module that is not for tests alone, or lies in another, is not taken', () => {
    const other =
      '#[cfg(any(test, feature = "x"))]\nmod both { pub fn fix() {} }\nmod a { #[cfg(test)] mod t {} }\n';
    expect(withTestModules('fn a() {}\n', other)).toBeNull();
  });

  test.each([
    ['tests that are the same', `fn fix() {}\n${TESTS}`, TESTS],
    ['braces that do not add up', `fn fix() {\n${TESTS}`, ''],
    ['a comment without end', `/* ${TESTS}`, ''],
    ['two modules of one name', `${TESTS}\n${TESTS}`, ''],
  ])('of %s nothing is taken', (_, after, before) => {
    expect(withTestModules(before, after)).toBeNull();
  });
});
