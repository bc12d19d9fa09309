/**
 * What a generated program may not be written with, whatever its types say. It is a linter with teeth and not the wall: the wall
 * is the machine that the program runs in (programs/). Each rule says what to write instead.
 */
import { preludeName } from '../programs/prelude.ts';
import type { Compiler, ts } from './compiler.ts';

export interface Finding {
  /** Of our own, or the compiler's: `TS2339`. */
  rule: string;
  /** From 1. */
  line: number;
  column: number;
  message: string;
  /** What to write instead. */
  fix: string;
}

type Node = ts.Node;
type Say = (at: Node | number, rule: string, message: string, fix: string) => void;

interface Source {
  compiler: Compiler;
  checker: ts.TypeChecker;
  file: ts.SourceFile;
}

/** Ways to prototypes, constructors and descriptors. */
const forbiddenNames = new Set([
  '__proto__',
  'prototype',
  'constructor',
  '__defineGetter__',
  '__defineSetter__',
  '__lookupGetter__',
  '__lookupSetter__',
  'toJSON',
  'then',
  'valueOf',
  'apply',
  'call',
  'bind',
  'caller',
  'callee',
]);

/** What the compiler knows without a library. */
const forbiddenGlobals = new Set(['arguments', 'eval', 'Function', 'globalThis']);

export function brokenRules(source: Source): Finding[] {
  const { compiler, file } = source;
  const findings: Finding[] = [];
  const say: Say = (at, rule, message, fix) => {
    const position = typeof at === 'number' ? at : at.getStart(file);
    const { line, character } = file.getLineAndCharacterOfPosition(position);
    findings.push({ rule, line: line + 1, column: character + 1, message, fix });
  };
  commentRules(source, say);
  const visit = (node: Node): void => {
    checkNode(source, node, say);
    compiler.forEachChild(node, visit);
  };
  compiler.forEachChild(file, visit);
  exportRules(source, say);
  return findings;
}

function checkNode(source: Source, node: Node, say: Say): void {
  syntaxRules(source.compiler, node, say);
  importRules(source.compiler, node, say);
  nameRules(source, node, say);
  typeRules(source, node, say);
}

/** By kind: what is not there, and what to write. */
const plainly: Partial<Record<keyof typeof ts.SyntaxKind, [rule: string, message: string, fix: string]>> = {
  AnyKeyword: ['no-any', 'any switches checking off', 'Use Json for plain data, or the type that it has.'],
  NonNullExpression: ['no-assertion', '! claims what is not checked', 'Compare with null or undefined first.'],
  TypeAssertionExpression: [
    'no-assertion',
    'an assertion claims what is not checked',
    'Look at the value: typeof, Array.isArray, at().',
  ],
  SatisfiesExpression: ['no-assertion', 'satisfies is not needed here', 'Write the type after the name.'],
  TypePredicate: [
    'no-assertion',
    'a predicate claims what is not checked',
    'Return boolean, and compare where the value is used.',
  ],
  ClassDeclaration: ['no-class', 'there are no classes', 'Use functions and plain objects.'],
  ClassExpression: ['no-class', 'there are no classes', 'Use functions and plain objects.'],
  EnumDeclaration: ['no-enum', 'there are no enums', 'Use a union of texts.'],
  ModuleDeclaration: ['no-namespace', 'there are no namespaces', 'Declare what you need in the file.'],
  WithStatement: ['no-with', 'there is no with', 'Name the object.'],
  DebuggerStatement: ['no-debugger', 'there is no debugger', 'Take it away.'],
  Decorator: ['no-decorator', 'there are no decorators', 'Call the function.'],
  MetaProperty: ['no-meta', 'there is no import.meta and no new.target', 'Take it away.'],
  ThisKeyword: ['no-this', 'there is no this', 'Name what you mean.'],
  SuperKeyword: ['no-this', 'there is no super', 'Name what you mean.'],
  DeleteExpression: ['no-delete', 'nothing is deleted', 'Make a new object without the field, or use a Map.'],
  YieldExpression: ['no-generator', 'there are no generators', 'Use an array.'],
  GetAccessor: ['no-accessor', 'there are no accessors', 'Use a function.'],
  SetAccessor: ['no-accessor', 'there are no accessors', 'Use a function.'],
  MethodDeclaration: ['no-method', 'methods see this', 'Write name: (…) => …'],
  DeclareKeyword: ['no-declare', 'declare claims what is not there', 'Import it, or write it.'],
  ImportEqualsDeclaration: ['import', 'this is no import of the language', `Write import { … } from '${preludeName}'.`],
  ExportDeclaration: ['export', 'a program exports its agent and nothing else', 'Write export default agent({ … }).'],
  TaggedTemplateExpression: ['no-tag', 'templates have no tags', 'Call the function.'],
  VoidExpression: ['no-void', 'void hides a promise that is not awaited', 'Await it.'],
};

function syntaxRules(compiler: Compiler, node: Node, say: Say): void {
  for (const [kind, found] of Object.entries(plainly)) {
    // The other way round a number has several names.
    if (compiler.SyntaxKind[kind as keyof typeof ts.SyntaxKind] === node.kind) say(node, ...found);
  }
  if (compiler.isAsExpression(node) && node.type.getText() !== 'const') {
    say(node, 'no-assertion', 'as claims what is not checked', 'Look at the value: typeof, Array.isArray, at().');
  }
  if (compiler.isFunctionDeclaration(node) && !node.body) {
    say(node, 'no-overload', 'a function has one signature', 'Write its body, with a union for what it takes.');
  }
  if ((compiler.isVariableDeclaration(node) || compiler.isPropertyDeclaration(node)) && node.exclamationToken) {
    say(node, 'no-assertion', '! claims what is not checked', 'Give it a value.');
  }
  if ('asteriskToken' in node && node.asteriskToken) {
    say(node, 'no-generator', 'there are no generators', 'Use an array.');
  }
  if (compiler.isCallExpression(node) && node.expression.kind === compiler.SyntaxKind.ImportKeyword) {
    say(node, 'import', 'nothing is imported while it runs', `Write import { … } from '${preludeName}' at the top.`);
  }
}

function importRules(compiler: Compiler, node: Node, say: Say): void {
  if (!compiler.isImportDeclaration(node)) return;
  const from = compiler.isStringLiteral(node.moduleSpecifier) ? node.moduleSpecifier.text : '';
  if (from !== preludeName) {
    say(node, 'import', `'${from}' cannot be imported`, `A program may import '${preludeName}' and nothing else.`);
  }
  const names = node.importClause?.namedBindings;
  if (node.importClause?.name || !names || !compiler.isNamedImports(names)) {
    say(node, 'import', 'imports name what they take', `Write import { agent, … } from '${preludeName}'.`);
  }
}

function nameRules({ compiler, checker }: Source, node: Node, say: Say): void {
  const name = nameOf(compiler, node);
  // The words of the library itself are ctx.call and no other.
  const isOwn = name === 'call' && compiler.isPropertyAccessExpression(node) && isContext(checker, node.expression);
  const isField = name === 'call' && compiler.isPropertyAssignment(node);
  if (name !== null && forbiddenNames.has(name) && !isOwn && !isField) {
    say(node, 'no-internals', `'${name}' is not to be used`, 'Use plain fields, with names of your own.');
  }
  if (compiler.isPropertyAccessExpression(node) && isTaken(compiler, checker, node)) {
    say(node, 'no-patch', `${node.getText()} is called, and neither kept nor replaced`, 'Call it where it stands.');
  }
  if (compiler.isIdentifier(node) && forbiddenGlobals.has(node.text)) {
    say(node, 'no-internals', `there is no ${node.text}`, 'Name the parameters; write the code itself.');
  }
  if (compiler.isElementAccessExpression(node)) {
    const index = checker.getTypeAtLocation(node.argumentExpression);
    const isNumber = (index.flags & compiler.TypeFlags.NumberLike) !== 0;
    const isKnown = index.isStringLiteral() && !forbiddenNames.has(index.value);
    if (!isNumber && !isKnown) {
      say(node, 'computed', 'a field is named, or it is the number of an item', 'Use a Map, or at(value, name).');
    }
  }
  if (compiler.isComputedPropertyName(node)) {
    say(node, 'computed', 'a field of an object is named', 'Use a Map, or Object.fromEntries.');
  }
}

function nameOf(compiler: Compiler, node: Node): string | null {
  if (compiler.isPropertyAccessExpression(node)) return node.name.text;
  const named =
    compiler.isPropertyAssignment(node) ||
    compiler.isShorthandPropertyAssignment(node) ||
    compiler.isBindingElement(node) ||
    compiler.isPropertySignature(node) ||
    compiler.isMethodSignature(node);
  const name = named ? (compiler.isBindingElement(node) ? (node.propertyName ?? node.name) : node.name) : null;
  if (!name) return null;
  return compiler.isIdentifier(name) || compiler.isStringLiteral(name) ? name.text : null;
}

/** A function of a library that is used as a value, or written to. */
function isTaken(compiler: Compiler, checker: ts.TypeChecker, node: ts.PropertyAccessExpression): boolean {
  const symbol = checker.getSymbolAtLocation(node.name);
  const isMethod = symbol !== undefined && (symbol.flags & compiler.SymbolFlags.Method) !== 0;
  const isOurs = symbol?.declarations?.some((each) => each.getSourceFile().isDeclarationFile) === true;
  return isMethod && isOurs && !(compiler.isCallExpression(node.parent) && node.parent.expression === node);
}

const isContext = (checker: ts.TypeChecker, node: Node): boolean =>
  checker.getTypeAtLocation(node).getProperty('call')?.declarations?.[0]?.getSourceFile().fileName ===
  '/program-library.d.ts';

function typeRules({ compiler, checker }: Source, node: Node, say: Say): void {
  const used =
    compiler.isPropertyAccessExpression(node) ||
    compiler.isElementAccessExpression(node) ||
    compiler.isCallExpression(node) ||
    compiler.isNewExpression(node)
      ? node.expression
      : null;
  if (used && (checker.getTypeAtLocation(used).flags & compiler.TypeFlags.Any) !== 0) {
    say(node, 'no-any', 'it is used, and has no known type', 'Give it a type: Json for plain data.');
  }
  if (compiler.isExpressionStatement(node) && isPromise(checker, node.expression)) {
    say(node, 'await', 'its result is not awaited: it may never be done', 'Write await before it, or return it.');
  }
}

function isPromise(checker: ts.TypeChecker, node: Node): boolean {
  return checker.getTypeAtLocation(node).getProperty('then') !== undefined;
}

function commentRules({ file }: Source, say: Say): void {
  for (const { index } of file.text.matchAll(/@ts-(?:ignore|expect-error|nocheck|check)|\/\/\/\s*</g)) {
    say(index, 'no-directive', 'comments give no orders to the compiler', 'Take it away, and mend what it hides.');
  }
}

function exportRules({ compiler, file }: Source, say: Say): void {
  const isExport = (statement: ts.Statement): boolean =>
    compiler.canHaveModifiers(statement) &&
    (compiler.getModifiers(statement) ?? []).some(({ kind }) => kind === compiler.SyntaxKind.ExportKeyword);
  for (const statement of file.statements) {
    if (isExport(statement))
      say(statement, 'export', 'a program exports its agent and nothing else', 'Take export away.');
  }
  const made = file.statements.filter((statement) => compiler.isExportAssignment(statement));
  if (made.length === 1) return;
  const last = file.statements.at(-1) ?? file;
  say(last, 'export', 'a program exports one agent, or one team', `End it with export default agent({ … }).`);
}
