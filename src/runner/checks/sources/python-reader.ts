import * as z from 'zod';
import { type CheckPlace } from '../check-place.ts';
import { runScript } from './run-script.ts';
import { type SourceFault } from './source-fault.ts';

/** Deep nesting and the like stop the parser without telling anything about the file: such a file is left out. */
const SCRIPT = String.raw`
import ast, json, sys

try:
    import tomllib
except ImportError:
    tomllib = None

OPTIONAL = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}

def names(node):
    if node is None:
        return {"Exception"}
    if isinstance(node, ast.Tuple):
        return set().union(*map(names, node.elts))
    return {getattr(node, "id", getattr(node, "attr", ""))}

def walk(node, optional, found):
    if isinstance(node, ast.Import):
        found.extend({"module": each.name, "level": 0, "names": [], "line": node.lineno, "optional": optional} for each in node.names)
    elif isinstance(node, ast.ImportFrom):
        found.append({"module": node.module or "", "level": node.level, "names": [each.name for each in node.names], "line": node.lineno, "optional": optional})
    elif isinstance(node, ast.Try):
        caught = any(names(each.type) & OPTIONAL for each in node.handlers)
        for each in node.body:
            walk(each, optional or caught, found)
        for each in [*node.handlers, *node.orelse, *node.finalbody]:
            walk(each, optional or caught, found)
    elif isinstance(node, ast.If) and "TYPE_CHECKING" in names(node.test):
        for each in node.body:
            walk(each, True, found)
        for each in node.orelse:
            walk(each, optional, found)
    else:
        for each in ast.iter_child_nodes(node):
            walk(each, optional, found)

files, faults = [], []
for path in json.load(open(sys.argv[1])):
    try:
        with open(path, "rb") as file:
            content = file.read()
        if path.endswith(".toml"):
            if tomllib:
                tomllib.loads(content.decode())
            continue
        found = []
        walk(ast.parse(content, path), False, found)
        files.append({"path": path, "imports": found})
    except SyntaxError as error:
        said = (error.text or "").strip()
        message = error.msg + (": " + said if said else "")
        faults.append({"path": path, "line": error.lineno, "message": message})
    except ValueError as error:
        faults.append({"path": path, "line": None, "message": str(error)})
    except (OSError, RecursionError, MemoryError):
        pass

known = getattr(sys, "stdlib_module_names", None) or sys.builtin_module_names
json.dump({"files": files, "faults": faults, "standard": sorted(known)}, open(sys.argv[2], "w"))
`;

const PythonImport = z.object({
  /** Dotted; empty for `from . import name`. */
  module: z.string(),
  /** Dots in front of it. */
  level: z.number().int().nonnegative(),
  /** What is taken from it; empty for `import module`. */
  names: z.array(z.string()),
  line: z.number().int().positive(),
  /** The file does without it. */
  optional: z.boolean(),
});
export type PythonImport = z.infer<typeof PythonImport>;

const Fault = z.object({ path: z.string(), line: z.number().int().nullable(), message: z.string() });

const Report = z.object({
  files: z.array(z.object({ path: z.string(), imports: z.array(PythonImport) })),
  faults: z.array(Fault),
  /** Modules that Python brings along. */
  standard: z.array(z.string()),
});

export interface PythonSources {
  readonly files: readonly { readonly path: string; readonly imports: readonly PythonImport[] }[];
  readonly faults: readonly SourceFault[];
  readonly standard: ReadonlySet<string>;
}

const NOTHING: PythonSources = { files: [], faults: [], standard: new Set() };

/** Python and TOML files, read by the enclosure's own Python; nothing where there is none. */
export async function readPython(paths: readonly string[], place: CheckPlace): Promise<PythonSources> {
  const own = paths.filter((path) => /\.(?:py|toml)$/.test(path));
  if (own.length === 0) return NOTHING;
  const script = { name: 'read.py', text: SCRIPT, program: 'python3 -I -W ignore' };
  const report = Report.safeParse(await runScript(script, own, place)).data;
  return report === undefined ? NOTHING : { ...report, standard: new Set(report.standard) };
}
