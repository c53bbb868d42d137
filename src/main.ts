#!/usr/bin/env node
// Nothing is imported above the check: what `engines` in package.json leaves out could not load it.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major > 22 || (major === 22 && minor >= 19)) {
  const { gatehouse } = await import('./commands/gatehouse.ts');
  void gatehouse(process.argv.slice(2));
} else {
  console.error(
    `gatehouse needs Node 22.19 or newer, and this is ${process.versions.node}. For this project alone: npm install --save-dev node`,
  );
  process.exitCode = 1;
}
