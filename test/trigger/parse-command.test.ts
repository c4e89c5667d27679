import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_WORDS_CHARS, parseCommand } from '../../src/trigger/parse-command.ts';

const build = (words = '', allow: readonly string[] = []) => ({ name: 'build', words, allow });
const help = (unknown: string | null = null) => ({ name: 'help', unknown });

describe('commands', () => {
  test.each([
    ['/ptc build', build()],
    ['/ptc build use a Map', build('use a Map')],
    ['/PTC Build', build()],
    ['/ptc\tbuild\tx', build('x')],
    ['/ptc build   ', build()],
    ['Hello!\n/ptc build', build()],
    ['Please, @bot:\r\n\r\n/ptc build now\r\nand soon', build('now\nand soon')],
    ['/ptc build\rnow', build('now')],
    ['/ptc status', { name: 'status' }],
    ['/ptc status please', { name: 'status' }],
    ['/ptc cancel', { name: 'cancel' }],
    ['/ptc help', help()],
    ['/ptc', help()],
    ['/ptc fix the bug', help('fix')],
    [`/ptc ${'x'.repeat(500)}`, help('x'.repeat(50))],
  ])('%j is %o', (comment, command) => {
    expect(parseCommand(comment)).toEqual(command);
  });

  test.each([
    [''],
    ['Thanks!'],
    ['please /ptc build'],
    [' /ptc build'],
    ['- /ptc build'],
    ['\\/ptc build'],
    ['/ptcbuild'],
    ['/ptc-build'],
    ['/ptc: build'],
    ['/ptc/build'],
    ['//ptc build'],
  ])('%j is none', (comment) => {
    expect(parseCommand(comment)).toBeNull();
  });

  test('the first command wins, and the next one ends its words', () => {
    expect(parseCommand('/ptc build one\ntwo\n/ptc cancel\nthree')).toEqual(build('one\ntwo'));
  });

  test('a command in a code block among the words is part of the words', () => {
    const words = 'as in\n```\n/ptc cancel\n```\nthere';
    expect(parseCommand(`/ptc build ${words}`)).toEqual(build(words));
  });

  test('words beyond the limit are cut, which the words then say', () => {
    const command = parseCommand(`/ptc build ${'😀'.repeat(MAX_WORDS_CHARS)}`);
    const words = command?.name === 'build' ? command.words : '';
    expect(words).toContain('cut here');
    expect(words.length).toBeLessThan(MAX_WORDS_CHARS + 100);
    expect(words.isWellFormed()).toBe(true);
  });
});

describe('--allow', () => {
  test.each([
    ['/ptc build --allow AGENTS.md', build('', ['AGENTS.md'])],
    ['/ptc build --allow=AGENTS.md add a rule', build('add a rule', ['AGENTS.md'])],
    ['/ptc build add --allow a.md a rule --allow b.md', build('add a rule', ['a.md', 'b.md'])],
    ['/ptc build --allow "my docs/a b.md" go', build('go', ['my docs/a b.md'])],
    ["/ptc build --allow 'a b.md'", build('', ['a b.md'])],
    ['/ptc build --allow `AGENTS.md`', build('', ['AGENTS.md'])],
    ['/ptc build --allow “a b.md”', build('', ['a b.md'])],
    ['/ptc build --allow a.md --allow a.md', build('', ['a.md'])],
    ['/ptc build keep pre--allow and --allowed x', build('keep pre--allow and --allowed x')],
    ['/ptc build go\n--allow a.md', build('go\n--allow a.md')],
    ['/ptc build --allow', help('build --allow (without a path)')],
    ['/ptc build --allow ""', help('build --allow (without a path)')],
  ])('%j', (comment, command) => {
    expect(parseCommand(comment)).toEqual(command);
  });
});

describe('where a command does not count', () => {
  test.each([
    ['fenced code', '```\n/ptc build\n```'],
    ['fenced code that never ends', '```\n/ptc build'],
    ['tilde fences', '~~~ sh\n/ptc build\n```\n/ptc build\n~~~'],
    ['a fence closed by a longer one only', '````\n```\n/ptc build\n````'],
    ['a second fence', '```\na\n```\n```\n/ptc build\n```'],
    ['indented code', 'text\n\n    /ptc build'],
    ['a fence after a list whose item held one', '- ```\n  code\n  ```\n\n```\n/ptc build\n```'],
    ['inline code over lines', 'say `one\n/ptc build\ntwo` then'],
    ['double backticks', 'say ``a ` b\n/ptc build`` then'],
    ['a quote', '> /ptc build'],
    ['the lazy end of a quote', '> quoted\n/ptc build'],
    ['a lazy end of a quote in a list', '- > quoted\n/ptc build'],
    ['an HTML comment', '<!-- \n/ptc build\n-->'],
    ['an HTML comment with blank lines', '<!--\n\n/ptc build\n\n-->'],
    ['an HTML comment inside a paragraph', 'text <!-- a\n/ptc build\n--> more'],
    ['an HTML comment begun in another block', '<div>\n<!--\n\n/ptc build\n\n-->\n</div>'],
    ['an HTML comment that never ends', '<!--\n/ptc build'],
    ['<pre>', '<pre>\n\n/ptc build\n\n</pre>'],
    ['<code> in a paragraph', 'text <code>\n/ptc build\n</code>'],
    ['<blockquote> around a paragraph', '<blockquote>\n\n/ptc build\n\n</blockquote>'],
    ['a tag’s attribute', 'see <a title="\n/ptc build\n">x</a>'],
    ['a script', '<script>\n/ptc build\n</script>'],
  ])('%s', (_where, comment) => {
    expect(parseCommand(comment)).toBeNull();
  });

  test.each([
    ['after fenced code', '```\nx\n```\n/ptc build'],
    ['after a quote and a blank line', '> quoted\n\n/ptc build'],
    ['after a list', '- use `a`\n- use `b`\n/ptc build'],
    ['after a list item with fenced code', '- ```\n  code\n  ```\n\n/ptc build'],
    ['after a comment', '<!-- hidden -->\n/ptc build'],
    ['after code that only mentions tags', 'the `<pre>` and `<!--` of\n\n/ptc build'],
    ['after an unmatched backtick', 'a ` b\n/ptc build'],
    ['right after a pasted picture', '<img width="10" src="https://example.com/a.png" />\n/ptc build'],
    ['inside <details>', '<details>\n\n/ptc build\n\n</details>'],
  ])('but it does %s', (_where, comment) => {
    expect(parseCommand(comment)).toMatchObject({ name: 'build' });
  });
});

const oneOf = (characters: string) => fc.constantFrom(...characters.split(''));
const commandLine = fc.constantFrom(
  '/ptc build',
  '/ptc build x',
  '/ptc status',
  '/ptc cancel',
  '/ptc',
  '/ptc hi',
);
const anyLine = fc.oneof(
  commandLine,
  fc.string({ unit: oneOf('ab1 *_[]()#>-+.!&<"\'\\') }).map((line) => line.replaceAll('-->', '')),
);
const words = fc.string({ unit: oneOf('abc'), minLength: 1, maxLength: 8 });
const lines = fc.array(anyLine, { minLength: 1, maxLength: 6 });
const plainLines = fc.array(fc.oneof(commandLine, words), { minLength: 1, maxLength: 6 });

const fenced = fc
  .tuple(lines, fc.constantFrom('```', '````', '~~~'), fc.constantFrom('', 'sh', ' ts'))
  .map(([inner, fence, info]) => [`${fence}${info}`, ...inner, fence]);
const quoted = lines.map((inner) => inner.map((line) => `> ${line}`));
const indented = lines.map((inner) => inner.map((line) => `    ${line}`));
const comment = lines.map((inner) => ['<!--', ...inner.map((line) => line.replaceAll('>', '')), '-->']);
const inlineCode = plainLines.map((inner) => ['text `code', ...inner, 'end` text']);
const pre = plainLines.map((inner) => ['<pre>', ...inner, '</pre>']);
const listed = plainLines.map((inner) => [
  '- item',
  '',
  '  ```',
  ...inner.map((line) => `  ${line}`),
  '  ```',
]);
const prose = fc.array(words, { minLength: 1, maxLength: 3 });

const joined = (blocks: readonly (readonly string[])[]) =>
  blocks.map((block) => block.join('\n')).join('\n\n');
const ending = fc.constantFrom('\n', '\r\n');

describe('whatever the text', () => {
  test('nothing inside code, a quote or a comment is a command', () => {
    const hidden = fc.array(fc.oneof(fenced, quoted, indented, comment, inlineCode, pre, listed, prose));
    fc.assert(
      fc.property(hidden, ending, (blocks, lineEnd) => {
        expect(parseCommand(joined(blocks).replaceAll('\n', lineEnd))).toBeNull();
      }),
      { numRuns: 500 },
    );
  });

  test('a command in a paragraph of its own is found behind any closed code, quote or comment', () => {
    const closed = fc.array(fc.oneof(fenced, comment, inlineCode, pre, listed, prose));
    fc.assert(
      fc.property(closed, ending, (blocks, lineEnd) => {
        const text = `${joined(blocks)}\n\n/ptc build it`.replaceAll('\n', lineEnd);
        expect(parseCommand(text)).toEqual(build('it'));
      }),
      { numRuns: 300 },
    );
  });

  test('no comment makes the parser throw', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (before, after) => {
        const command = parseCommand(`${before}\n/ptc build ${after}\n${before}`);
        expect([undefined, 'build', 'help', 'status', 'cancel']).toContain(command?.name);
      }),
    );
  });

  test.each([
    ['quotes', '>'],
    ['comments', 'x <!-- '],
    ['links', '[a]('],
    ['lists', '- '],
    ['tags', '<pre '],
    ['backticks', '` `` ``` '],
  ])('a comment of the longest length full of %s is read', (_what, piece) => {
    const comment = `/ptc status\n${piece.repeat(65_000 / piece.length)}`;
    expect(parseCommand(comment)).toEqual({ name: 'status' });
  });
});
