import { describe, expect, test } from 'vitest';
import { classifyFailure } from '../../../../src/runner/checks/proof/classify-failure.ts';
import { type FileChange } from '../../../../src/runner/checks/proof/file-change.ts';
import { isTestFile, isTestMaterial } from '../../../../src/runner/checks/proof/test-files.ts';

const TREE = '/base';

/** A change that brings these files, and adds a second line to `lib/old.rb`, `src/Old.php` and `Old.cs`. */
function changes(...made: readonly string[]): readonly FileChange[] {
  return [
    ...made.map((path) => ({ path, before: null, after: 'x' })),
    {
      path: 'lib/old.rb',
      before: 'class Old\n  def kept; end\nend\n',
      after: 'class Old\n  def kept; end\n  def self.added?; end\nend\nclass Shop::Fresh\nend\n',
    },
    {
      path: 'src/Old.php',
      before: '<?php class Old { function kept() {} }\n',
      after: '<?php class Old { function kept() {} static function added() {} }\nfinal class Fresh {}\n',
    },
    {
      path: 'Old.cs',
      before: 'class Old {\n  public int Kept() => 1;\n}\n',
      after:
        'class Old {\n  public int Kept() => 1;\n  public static List<int> Added(int a) => [a];\n}\npublic record Fresh(int A);\n',
    },
  ];
}

describe('a file that does not load', () => {
  test.each([
    [
      'spec/a_spec.rb',
      'LoadError:\n  cannot load such file -- /base/lib/sub',
      ['lib/sub.rb'],
      'missing-subject',
    ],
    [
      'test/a_test.rb',
      "`require': cannot load such file -- shop/sub (LoadError)",
      ['lib/shop/sub.rb'],
      'missing-subject',
    ],
    [
      'test/a_test.rb',
      "`require': cannot load such file -- nokogiri (LoadError)",
      ['lib/sub.rb'],
      'load-error',
    ],
    ['spec/a_spec.rb', 'NameError:\n  uninitialized constant Shop::Fresh', [], 'missing-subject'],
    ['spec/a_spec.rb', 'NameError:\n  uninitialized constant Shop::Other', [], 'load-error'],
    ['spec/a_spec.rb', "NoMethodError:\n  undefined method `added?' for Old:Class", [], 'missing-subject'],
    ['spec/a_spec.rb', "NoMethodError:\n  undefined method 'kept' for nil", [], 'load-error'],
    [
      'tests/ATest.php',
      "PHP Fatal error:  Uncaught Error: Failed opening required '/base/tests/../src/Sub.php' (include_path='.')",
      ['src/Sub.php'],
      'missing-subject',
    ],
    [
      'tests/ATest.php',
      'PHP Fatal error:  Uncaught Error: Class "Shop\\Fresh" not found',
      [],
      'missing-subject',
    ],
    ['tests/ATest.php', 'PHP Fatal error:  Uncaught Error: Class "Other" not found', [], 'load-error'],
    ['tests/ATest.php', 'Error: Call to undefined method Shop\\Old::added()', [], 'missing-subject'],
    [
      'tests/ATests.cs',
      "tests/ATests.cs(5): error CS0117: 'Old' does not contain a definition for 'Added'",
      [],
      'missing-subject',
    ],
    [
      'tests/ATests.cs',
      "tests/ATests.cs(5): error CS0246: The type or namespace name 'Fresh' could not be found (are you missing a using directive?)",
      [],
      'missing-subject',
    ],
    [
      'tests/ATests.cs',
      "tests/ATests.cs(5): error CS0103: The name 'Kept' does not exist in the current context",
      [],
      'load-error',
    ],
    ['tests/ATests.cs', 'tests/ATests.cs(5): error CS1002: ; expected', [], 'load-error'],
  ])('%s: %s with %j is %s', (file, message, made, expected) => {
    expect(classifyFailure({ file, status: 'error', message, tree: TREE }, changes(...made))).toBe(expected);
  });
});

test.each(['spec/a_spec.rb', 'test/test_a.rb', 'tests/Unit/ATest.php', 'Shop.Tests/CartTests.cs'])(
  '%s holds tests',
  (path) => {
    expect([isTestFile(path), isTestMaterial(path)]).toEqual([true, true]);
  },
);

test.each(['Shop.Tests/Shop.Tests.csproj', 'Shop.UnitTests/Helpers.cs', 'spec/spec_helper.rb'])(
  '%s belongs to tests and holds none',
  (path) => {
    expect([isTestFile(path), isTestMaterial(path)]).toEqual([false, true]);
  },
);

test.each(['lib/latest.rb', 'src/Contest.php', 'src/Shop/Testing.cs'])('%s is none', (path) => {
  expect(isTestMaterial(path)).toBe(false);
});
