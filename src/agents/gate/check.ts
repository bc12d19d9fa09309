/**
 * Whether a generated TypeScript program may be an agent: its types against a library that has nothing of the world, then the
 * rules, then what it says of itself, read in the machine that it will run in and never in this process. What comes out is
 * the agents as data.
 */
import {
  type AgentBundle,
  agentBundleSchema,
  agentFormat,
  HoldfastError,
  isHoldfastError,
  issueWords,
} from '../../schema/index.ts';
import { policyProblems } from '../authority/policy-check.ts';
import { checkBundle, type ToolFacts } from '../manifest.ts';
import { Vm, type VmParts } from '../programs/vm.ts';
import { type Compiler, loadCompiler, type ts } from './compiler.ts';
import { languageLibrary, programLibrary } from './library.ts';
import { brokenRules, type Finding } from './rules.ts';
import { typeOfInput } from './tool-types.ts';

/** With the schema of its input, if it is known: then calls of it are checked too. */
export interface GateTool extends ToolFacts {
  input?: unknown;
}

export interface Checked {
  findings: Finding[];
  /** Null when anything was found. */
  bundle: AgentBundle | null;
  /** That are neither empty nor comment. */
  behaviourLines: number;
}

const longestSource = 65_536;
const names = { language: '/language.d.ts', library: '/program-library.d.ts', program: '/agent.ts' } as const;

export async function checkProgram(text: string, tools: readonly GateTool[], parts: VmParts): Promise<Checked> {
  if (text.length > longestSource) {
    throw new HoldfastError('file-too-large', `a program has at most ${longestSource} characters`);
  }
  const compiler = await loadCompiler();
  const { findings, code, file } = compile(compiler, text, tools);
  const behaviourLines = countLines(text);
  if (findings.length > 0) return { findings, bundle: null, behaviourLines };
  const read = await readAgents(code, parts);
  const found =
    'findings' in read
      ? read.findings
      : (await problemsOf(read.bundle, tools)).map((each) => placed(compiler, file, each));
  return { findings: found, bundle: found.length === 0 && 'bundle' in read ? read.bundle : null, behaviourLines };
}

function compile(
  compiler: Compiler,
  text: string,
  tools: readonly GateTool[],
): { findings: Finding[]; code: string; file: ts.SourceFile } {
  const inputs = Object.fromEntries(tools.map(({ name, input }) => [name, typeOfInput(input)]));
  const target = compiler.ScriptTarget.ES2022;
  const texts: Record<string, string> = {
    [names.language]: languageLibrary,
    [names.library]: programLibrary(inputs),
    [names.program]: text,
  };
  const files = new Map(
    Object.entries(texts).map(([name, each]) => [name, compiler.createSourceFile(name, each, target, true)]),
  );
  let code = '';
  const host: ts.CompilerHost = {
    getSourceFile: (name) => files.get(name),
    getDefaultLibFileName: () => names.language,
    writeFile: (name, output) => {
      if (name.endsWith('.js')) code = output;
    },
    getCurrentDirectory: () => '/',
    getCanonicalFileName: (name) => name,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => '\n',
    fileExists: (name) => files.has(name),
    readFile: (name) => texts[name],
    directoryExists: () => false,
    getDirectories: () => [],
  };
  const options: ts.CompilerOptions = {
    target,
    module: compiler.ModuleKind.CommonJS,
    // Of what there is in the virtual directory, and nothing else.
    moduleResolution: compiler.ModuleResolutionKind.Bundler,
    noLib: true,
    types: [],
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: false,
    noImplicitReturns: true,
    noFallthroughCasesInSwitch: true,
    alwaysStrict: true,
    removeComments: true,
    ignoreDeprecations: '6.0',
  };
  const program = compiler.createProgram({ rootNames: Object.values(names), options, host });
  const file = files.get(names.program);
  if (!file) throw new HoldfastError('internal', 'the program was not read');
  const said = compiler.getPreEmitDiagnostics(program);
  const typed = said.map((each) => findingOf(compiler, each));
  const broken = brokenRules({ compiler, checker: program.getTypeChecker(), file });
  const findings = withoutEchoes(typed, broken).sort((a, b) => a.line - b.line || a.column - b.column);
  program.emit(file);
  return { findings, code, file };
}

/** What follows from another finding of the same line only hides it from whoever mends it. */
function withoutEchoes(typed: readonly Finding[], broken: readonly Finding[]): Finding[] {
  const lines = new Set(typed.map(({ line }) => line));
  const imports = new Set(broken.filter(({ rule }) => rule === 'import').map(({ line }) => line));
  const known = new Set<string>();
  return [
    ...typed.filter(({ line }) => !imports.has(line)),
    ...broken.filter(({ rule, line, message }) => rule !== 'no-any' || message.startsWith('any ') || !lines.has(line)),
  ].filter(({ rule, line, column }) => {
    const place = `${rule} ${line}:${column}`;
    if (known.has(place)) return false;
    known.add(place);
    return true;
  });
}

/** Advice about libraries that programs do not have. */
const advice = / (?:Do you need to (?:install|change) |Did you mean to use ).*$/;

function findingOf(compiler: Compiler, { file, start, code, messageText }: ts.Diagnostic): Finding {
  const message = compiler.flattenDiagnosticMessageText(messageText, ' ').replace(advice, '');
  // Errors in the libraries are ours; they show that the gate is broken, and nothing passes then.
  const isOwn = file?.fileName === names.program;
  const place = isOwn && start !== undefined ? file.getLineAndCharacterOfPosition(start) : { line: 0, character: 0 };
  return {
    rule: `TS${code}`,
    line: place.line + 1,
    column: place.character + 1,
    message: isOwn || !file ? message : `${file.fileName}: ${message}`,
    fix: fixes[code] ?? 'Make the value and its type agree.',
  };
}

const fixes: Readonly<Record<number, string>> = {
  2304: 'It does not exist for programs; use ctx and what holdfast/program exports.',
  2305: 'holdfast/program exports agent, team, limits, memory, policy, person, contract, at, textOf and types.',
  2307: "A program may import 'holdfast/program' and nothing else.",
  2339: 'Use a field that the type has; ctx has a binding for each tool in tools, and at(value, name) reads plain data.',
  2345: 'Give the argument the type that is asked for.',
  2353: 'Take the field away, or name it as the type does.',
  2551: 'Use the name that is suggested.',
  2550: 'It does not exist for programs; write it with what there is.',
  2552: 'It does not exist for programs; use ctx and what holdfast/program exports.',
  2554: 'Give as many arguments as are asked for.',
  2580: 'It does not exist for programs; use ctx and what holdfast/program exports.',
  2584: 'It does not exist for programs; use ctx and what holdfast/program exports.',
  2591: 'It does not exist for programs; use ctx and what holdfast/program exports.',
  2741: 'Add the field that is missing.',
  7006: 'Write the type of the parameter.',
  18046: 'Compare its type first: typeof value === …',
  18047: 'Compare it with null first.',
  18048: 'Compare it with undefined first.',
};

type Read = { bundle: AgentBundle } | { findings: Finding[] };

/** What its default export says, read in a machine. */
async function readAgents(code: string, parts: VmParts): Promise<Read> {
  try {
    const said: unknown = JSON.parse(await describe(code, parts));
    const agents = (Array.isArray(said) ? said : [said]).map((each) => manifestOf(each, code));
    const parsed = agentBundleSchema.safeParse({ entry: agents[0]?.['name'], agents });
    if (parsed.success) return { bundle: parsed.data };
    return {
      // The entry is the name of one of them.
      findings: parsed.error.issues
        .filter(({ path }) => path[0] === 'agents')
        .map(({ path, message }) => ({
          ...start,
          rule: 'manifest',
          message: `${path.slice(2).join('.') || 'agent'}: ${issueWords(message)}`,
          fix: 'Write it as docs/agents.md says.',
        })),
    };
  } catch (error) {
    if (!isHoldfastError(error)) throw error;
    const fix = 'A program only declares its agent; what it does stands in run.';
    return { findings: [{ ...start, rule: 'load', message: error.message, fix }] };
  }
}

const start = { line: 1, column: 1 };

async function describe(code: string, parts: VmParts): Promise<string> {
  const vm = await Vm.open(parts);
  try {
    return await vm.describe(code);
  } finally {
    vm.close();
  }
}

function manifestOf(said: unknown, code: string): Record<string, unknown> {
  if (typeof said !== 'object' || said === null) return {};
  const { led, ...facts }: Record<string, unknown> = { ...said };
  return { format: agentFormat, ...facts, ...(led === true ? { program: { code } } : {}) };
}

interface Placeless {
  field: string;
  message: string;
  fix: string;
}

async function problemsOf(bundle: AgentBundle, tools: readonly ToolFacts[]): Promise<Placeless[]> {
  const problems = [...checkBundle(bundle, tools), ...(await policyProblems(bundle, tools))];
  return problems.map(({ agent, field, message, fix }) => ({ field, message: `${agent}: ${message}`, fix }));
}

/** At the field that it is about, where there is one. */
function placed(compiler: Compiler, file: ts.SourceFile, { field, message, fix }: Placeless): Finding {
  const [name] = field.split('.');
  let found: ts.Node | null = null;
  const visit = (node: ts.Node): void => {
    if (!found && compiler.isPropertyAssignment(node) && node.name.getText(file) === name) found = node;
    compiler.forEachChild(node, visit);
  };
  visit(file);
  const at = found ? (found as ts.Node).getStart(file) : 0;
  const { line, character } = file.getLineAndCharacterOfPosition(at);
  return { rule: `manifest-${name}`, line: line + 1, column: character + 1, message, fix };
}

function countLines(text: string): number {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\//g, '');
  return code.split('\n').filter((line) => line.trim() !== '' && !line.trim().startsWith('//')).length;
}
