import { describe, expect, it } from 'vitest';
import { createOutputWindow } from '../../../src/runner/command/output-window.ts';

describe('createOutputWindow', () => {
  it('keeps everything that fits into head and tail together', () => {
    const window = createOutputWindow();
    const text = 'é'.repeat(30_000);
    for (let at = 0; at < text.length; at += 1000) window.add(Buffer.from(text.slice(at, at + 1000)));
    expect(window.text()).toBe(text);
    expect(window.bytes()).toBe(60_000);
  });

  it('keeps head and tail of more, and says how many bytes it left out', () => {
    const window = createOutputWindow();
    window.add(Buffer.from('first line\n'));
    for (let index = 0; index < 100; index += 1) window.add(Buffer.alloc(10_000, 'x'));
    window.add(Buffer.from('last line\n'));
    const left = 11 + 1_000_000 + 10 - 16_384 - 49_152;
    expect(window.text()).toMatch(/^first line\n/);
    expect(window.text()).toMatch(/last line\n$/);
    expect(window.text()).toContain(`\n[… ${left} bytes left out …]\n`);
    expect(window.text().length).toBeLessThan(66_000);
  });

  it('cuts no character in two', () => {
    const window = createOutputWindow();
    window.add(Buffer.from('x'));
    window.add(Buffer.from('€'.repeat(100_000)));
    expect(window.text()).not.toContain('\uFFFD');
  });

  it('holds no NUL, which a database would refuse', () => {
    const window = createOutputWindow();
    window.add(Buffer.from('a\0b'));
    expect(window.text()).toBe('a\uFFFDb');
  });
});
