import {
  type Artifact,
  type GenerateAnswer,
  type GenerateRequest,
  PTCExecutionPlan,
  type PTCArtifactResult,
} from '../protocol/roma.ts';

/** A request of the older contract as a plan of the newer one: one file that is not run. */
export function planOfGeneration(request: GenerateRequest, executionId: string): PTCExecutionPlan {
  const { task_description, requirements, language } = request;
  return PTCExecutionPlan.parse({
    execution_id: executionId,
    scaffolding: {
      task_description,
      requirements: [...requirements, `Write it in ${language}, all of it in one file.`],
    },
    max_iterations: 1,
    enable_testing: false,
    cache_strategy: 'never',
  });
}

/** What came of it as the older contract has it; null when there is no code. */
export function generationOf(
  { artifacts, llm_usage: usage }: PTCArtifactResult,
  { language }: GenerateRequest,
): GenerateAnswer | null {
  const artifact = chosen(artifacts, language);
  if (artifact === undefined) return null;
  return {
    code: artifact.content,
    language,
    provider: usage.at(-1)?.provider ?? 'none',
    tokens_used: usage.reduce((sum, { total_tokens: tokens }) => sum + tokens, 0),
    cost_usd: usage.reduce((sum, { cost_usd: cost }) => sum + (cost ?? 0), 0),
  };
}

/** The largest file of the language; of code, when none is; of all, when there is no code. */
function chosen(artifacts: readonly Artifact[], language: string): Artifact | undefined {
  const asked = language.toLowerCase();
  const kinds = [
    artifacts.filter((each) => each.artifact_type === 'source_code' && each.language === asked),
    artifacts.filter((each) => each.artifact_type === 'source_code'),
    artifacts,
  ];
  const candidates = kinds.find((each) => each.length > 0) ?? [];
  return candidates.toSorted((a, b) => b.content.length - a.content.length)[0];
}
