/** A small repository with a real bug: the total of an empty cart throws. Its tests run in an instant. */
export const SHOP = {
  'package.json': '{"type":"module","scripts":{"test":"node --test"}}\n',
  'src/total.js':
    'export const total = (items) =>\n  items.map((item) => item.price).reduce((sum, price) => sum + price);\n',
  'test/total.test.js': `import { test } from 'node:test';
import assert from 'node:assert/strict';
import { total } from '../src/total.js';

test('two items', () => {
  assert.equal(total([{ price: 3 }, { price: 4 }]), 7);
});
`,
} as const;

export const SHOP_FIX = `--- a/src/total.js
+++ b/src/total.js
@@
 export const total = (items) =>
-  items.map((item) => item.price).reduce((sum, price) => sum + price);
+  items.map((item) => item.price).reduce((sum, price) => sum + price, 0);
`;

/** A test that fails on the shop and passes with the fix. */
export const SHOP_TEST = `--- /dev/null
+++ b/test/empty.test.js
@@
+import { test } from 'node:test';
+import assert from 'node:assert/strict';
+import { total } from '../src/total.js';
+
+test('an empty cart costs nothing', () => {
+  assert.equal(total([]), 0);
+});
`;
