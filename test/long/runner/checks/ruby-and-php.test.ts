import { expect, test } from 'vitest';
import { tellProof } from '../../../helpers/check-bed.ts';
import { describeWith, hasTool } from '../../../helpers/required-tool.ts';

const TIMEOUT_MS = 120_000;

describeWith('rspec', hasTool('rspec'), 'rspec', () => {
  test('examples are counted, and the ways to fail told apart', { timeout: TIMEOUT_MS }, async () => {
    const spec = (subject: string, body: string): string =>
      `require_relative '../lib/${subject}'\nRSpec.describe('${subject}') { it('works') { ${body} } }\n`;
    const { proof } = await tellProof({
      base: {
        'lib/calc.rb': 'module Calc\n  def self.add(a, b) = a - b\nend\n',
        'spec/old_spec.rb': "RSpec.describe('old') do\n  it('passes') {}\n  it('later')\nend\n",
      },
      change: {
        'lib/calc.rb': 'module Calc\n  def self.add(a, b) = a + b\nend\n',
        'lib/sub.rb': 'module Sub\n  def self.sub(a, b) = a - b\nend\n',
        'spec/calc_spec.rb': spec('calc', 'expect(Calc.add(1, 1)).to eq(2)'),
        'spec/sub_spec.rb': spec('sub', 'expect(Sub.sub(1, 1)).to eq(0)'),
        'spec/any_spec.rb': spec('calc', ''),
      },
    });
    expect(proof).toMatchObject({ verdict: 'green', reasons: [] });
    expect(proof.checks[0]?.base?.counts).toEqual({ passed: 1, failed: 0, skipped: 1 });
    expect(proof.checks[0]?.head?.counts).toEqual({ passed: 4, failed: 0, skipped: 1 });
    expect(proof.tests.map(({ file, name, base }) => `${file} ${name}: ${base}`).sort()).toEqual([
      'spec/any_spec.rb calc works: passed',
      'spec/calc_spec.rb calc works: assertion',
      'spec/sub_spec.rb sub works: missing-subject',
    ]);
  });
});

describeWith('rake', hasTool('rake'), 'minitest', () => {
  test('tests are counted, and the ways to fail told apart', { timeout: TIMEOUT_MS }, async () => {
    const minitest = (name: string, body: string): string =>
      `require 'minitest/autorun'\nrequire '${name.toLowerCase()}'\nclass ${name}Test < Minitest::Test\n  def test_works = ${body}\nend\n`;
    const { proof } = await tellProof({
      base: {
        Rakefile:
          "require 'rake/testtask'\nRake::TestTask.new(:test) { |t| t.libs << 'lib'; t.pattern = 'test/**/*_test.rb' }\n",
        'lib/calc.rb': 'module Calc\n  def self.add(a, b) = a - b\nend\n',
        'test/old_test.rb':
          "require 'minitest/autorun'\nclass OldTest < Minitest::Test\n  def test_passes = assert(true)\n  def test_later = skip('later')\nend\n",
      },
      change: {
        'lib/calc.rb': 'module Calc\n  def self.add(a, b) = a + b\nend\n',
        'lib/sub.rb': 'module Sub\n  def self.sub(a, b) = a - b\nend\n',
        'test/calc_test.rb': minitest('Calc', 'assert_equal(2, Calc.add(1, 1))'),
        'test/sub_test.rb': minitest('Sub', 'assert_equal(0, Sub.sub(1, 1))'),
      },
    });
    expect(proof).toMatchObject({ verdict: 'green', reasons: [] });
    expect(proof.checks[0]?.base?.counts).toEqual({ passed: 1, failed: 0, skipped: 1 });
    expect(proof.tests.map(({ file, name, base }) => `${file} ${name}: ${base}`).sort()).toEqual([
      'test/calc_test.rb CalcTest#test_works: assertion',
      'test/sub_test.rb SubTest#test_works: missing-subject',
    ]);
  });
});

describeWith('phpunit', hasTool('phpunit'), 'phpunit', () => {
  test('tests are counted, and the ways to fail told apart', { timeout: TIMEOUT_MS }, async () => {
    const unit = (name: string, body: string): string =>
      `<?php\nrequire_once __DIR__ . '/../src/${name}.php';\nfinal class ${name}Test extends PHPUnit\\Framework\\TestCase {\n  public function testWorks(): void { ${body} }\n}\n`;
    const source = (name: string, body: string): string =>
      `<?php\nfinal class ${name} { public static function run(int $a, int $b): int { return ${body}; } }\n`;
    const { proof } = await tellProof({
      base: {
        'phpunit.xml':
          '<?xml version="1.0"?>\n<phpunit><testsuites><testsuite name="all"><directory>tests</directory></testsuite></testsuites></phpunit>\n',
        'src/Calc.php': source('Calc', '$a - $b'),
        'tests/OldTest.php':
          "<?php\nfinal class OldTest extends PHPUnit\\Framework\\TestCase {\n  public function testPasses(): void { $this->assertTrue(true); }\n  public function testLater(): void { $this->markTestSkipped('later'); }\n}\n",
      },
      change: {
        'src/Calc.php': source('Calc', '$a + $b'),
        'src/Sub.php': source('Sub', '$a - $b'),
        'tests/CalcTest.php': unit('Calc', '$this->assertSame(2, Calc::run(1, 1));'),
        'tests/SubTest.php': unit('Sub', '$this->assertSame(0, Sub::run(1, 1));'),
      },
    });
    expect(proof).toMatchObject({ verdict: 'green', reasons: [] });
    expect(proof.checks[0]?.base?.counts).toEqual({ passed: 1, failed: 0, skipped: 1 });
    expect(proof.tests.map(({ file, name, base }) => `${file} ${name}: ${base}`).sort()).toEqual([
      'tests/CalcTest.php CalcTest::testWorks: assertion',
      'tests/SubTest.php SubTest::testWorks: missing-subject',
    ]);
  });
});
