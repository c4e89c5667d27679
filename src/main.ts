#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

// What was loaded once is kept compiled, which halves a start. In a folder of ours: who can write there can have us
// run anything.
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/ptc', import.meta.url)));
const { main } = await import('./cli/main.ts');
await main(process.env);
