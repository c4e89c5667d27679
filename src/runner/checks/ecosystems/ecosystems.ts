import { cargo } from './cargo.ts';
import { dotnet } from './dotnet.ts';
import { type Ecosystem } from './ecosystem.ts';
import { go } from './go.ts';
import { gradle } from './gradle.ts';
import { makeEcosystem } from './make.ts';
import { maven } from './maven.ts';
import { npm } from './npm.ts';
import { php } from './php.ts';
import { python } from './python.ts';
import { ruby } from './ruby.ts';

/** One row each; of several that meet in a folder, the set-ups and checks follow this order. */
const OWN_TOOLS: readonly Ecosystem[] = [npm, python, go, cargo, maven, gradle, dotnet, ruby, php];

export const ECOSYSTEMS: readonly Ecosystem[] = [...OWN_TOOLS, makeEcosystem(OWN_TOOLS)];
