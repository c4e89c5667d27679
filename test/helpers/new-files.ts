/** A diff that creates files, by path and text. */
export const creating = (files: Readonly<Record<string, string>>): string =>
  Object.entries(files)
    .map(([path, text]) => `--- /dev/null\n+++ b/${path}\n@@\n${text.trimEnd().replace(/^/gm, '+')}\n`)
    .join('');

/** A calculator for the command line and its tests, which need nothing but Python. */
export const CALCULATOR = {
  'calculator.py': `import sys


def calculate(left, sign, right):
    if sign == "+":
        return left + right
    if sign == "-":
        return left - right
    if sign == "*":
        return left * right
    if sign == "/":
        return left / right
    raise ValueError(f"unknown sign: {sign}")


def main(words):
    left, sign, right = words
    print(calculate(float(left), sign, float(right)))


if __name__ == "__main__":
    main(sys.argv[1:])
`,
  'test_calculator.py': `import unittest

from calculator import calculate


class CalculatorTest(unittest.TestCase):
    def test_adds(self):
        self.assertEqual(calculate(1, "+", 2), 3)

    def test_divides(self):
        self.assertEqual(calculate(1, "/", 4), 0.25)

    def test_refuses_other_signs(self):
        with self.assertRaises(ValueError):
            calculate(1, "?", 2)


if __name__ == "__main__":
    unittest.main()
`,
};
