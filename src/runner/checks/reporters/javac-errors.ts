/** A message of a compiler for the Java virtual machine. */
export interface JavacError {
  /** As printed, mostly absolute. */
  readonly file: string;
  readonly message: string;
}

const STARTS = [
  // Maven: `[ERROR] /path/CalcTest.java:[6,27] cannot find symbol`
  /^(?:\[ERROR\] )?(\S.*\.(?:java|kt|groovy)):\[\d+,\d+\] /,
  // javac as Gradle shows it: `/path/CalcTest.java:6: error: cannot find symbol`, behind the task in old ones.
  /^(?::[\w:-]+?(?=\/))?(\S.*\.(?:java|groovy)):\d+: error: /,
  // Kotlin: `e: file:///path/CalcTest.kt:6:27 Unresolved reference 'sub'.`
  /^e: (?:file:\/\/)?(\S.*\.kts?):\d+:\d+:? /,
];

const END = /^$|^\[(?:INFO|WARNING)\]|^\[ERROR\] *(?:->.*)?$|^\d+ errors?$|^(?:> Task|FAILURE|BUILD) /;

/** The compiler's errors in what a build printed. */
export function readJavacErrors(output: string): readonly JavacError[] {
  const errors: { file: string; lines: string[] }[] = [];
  let isOpen = false;
  for (const line of output.split('\n')) {
    const file = STARTS.map((start) => start.exec(line)?.[1]).find((found) => found !== undefined);
    if (file !== undefined) errors.push({ file, lines: [line] });
    else if (isOpen && !END.test(line)) errors.at(-1)?.lines.push(line);
    isOpen = file !== undefined || (isOpen && !END.test(line));
  }
  return errors.map(({ file, lines }) => ({ file, message: lines.join('\n') }));
}
