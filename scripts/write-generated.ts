// Writes the files that are made from code: .env.example and the JSON Schema of .github/ptc.yml.
import { mkdirSync, writeFileSync } from 'node:fs';
import * as z from 'zod';
import { envExample } from '../src/config.ts';
import { RepositorySettings } from '../src/domain/repository-settings.ts';

/** Each generated file's text by its path from the root. */
export const generatedFiles = (): Readonly<Record<string, string>> => ({
  '.env.example': envExample(),
  'schema/ptc.schema.json': `${JSON.stringify(
    { title: '.github/ptc.yml', ...z.toJSONSchema(RepositorySettings) },
    null,
    2,
  )}\n`,
});

if (import.meta.main) {
  mkdirSync('schema', { recursive: true });
  for (const [path, text] of Object.entries(generatedFiles())) writeFileSync(path, text);
}
