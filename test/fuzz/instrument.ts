/**
 * Counts passages: writes a counter into each branch of a module. Lines stay where they are, so that a stack trace names
 * the source's.
 */
import ts from 'typescript-6';

/** Where instrumented code counts: one byte for each edge, of all modules together. */
export const counters: Uint8Array = new Uint8Array(1 << 16);
let used = 0;

/** How many edges the modules have that were instrumented so far. */
export const edgeCount = (): number => used;

Object.assign(globalThis, { fuzzEdges: counters });

interface Insertion {
  at: number;
  text: string;
}

/** TypeScript to TypeScript. */
export function instrument(name: string, source: string): string {
  const file = ts.createSourceFile(name, source, ts.ScriptTarget.Latest, true);
  const insertions: Insertion[] = [{ at: 0, text: 'const __edges = globalThis.fuzzEdges; ' }];
  visit(file, insertions);
  // What begins or ends at one place was found in the right order.
  insertions.sort((one, other) => one.at - other.at);
  let text = '';
  let from = 0;
  for (const insertion of insertions) {
    text += source.slice(from, insertion.at) + insertion.text;
    from = insertion.at;
  }
  return text + source.slice(from);
}

const count = (): string => {
  if (used === counters.length) throw new Error(`more than ${counters.length} edges`);
  return `__edges[${used++}]++`;
};

function visit(node: ts.Node, into: Insertion[]): void {
  if (ts.isIfStatement(node)) {
    visit(node.expression, into);
    branch(node.thenStatement, into);
    if (node.elseStatement) branch(node.elseStatement, into);
    else into.push({ at: node.thenStatement.end, text: ` else { ${count()}; }` });
    return;
  }
  if (ts.isConditionalExpression(node)) {
    visit(node.condition, into);
    operand(node.whenTrue, into);
    operand(node.whenFalse, into);
    return;
  }
  if (ts.isBinaryExpression(node) && shortCuts.has(node.operatorToken.kind)) {
    visit(node.left, into);
    operand(node.right, into);
    return;
  }
  if (ts.isArrowFunction(node) && !ts.isBlock(node.body)) {
    for (const parameter of node.parameters) visit(parameter, into);
    operand(node.body, into);
    return;
  }
  if (ts.isIterationStatement(node, false)) {
    ts.forEachChild(node, (child) => (child === node.statement ? branch(node.statement, into) : visit(child, into)));
    return;
  }
  if (ts.isCaseOrDefaultClause(node)) into.push({ at: node.statements.pos, text: ` ${count()};` });
  if (ts.isBlock(node) && (ts.isFunctionLike(node.parent) || ts.isCatchClause(node.parent))) open(node, into);
  ts.forEachChild(node, (child) => visit(child, into));
}

const shortCuts: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.AmpersandAmpersandToken,
  ts.SyntaxKind.BarBarToken,
  ts.SyntaxKind.QuestionQuestionToken,
]);

function open(block: ts.Block, into: Insertion[]): void {
  into.push({ at: block.getStart() + 1, text: ` ${count()};` });
}

function branch(statement: ts.Statement, into: Insertion[]): void {
  if (ts.isBlock(statement)) {
    open(statement, into);
    ts.forEachChild(statement, (child) => visit(child, into));
    return;
  }
  into.push({ at: statement.getStart(), text: `{ ${count()}; ` });
  visit(statement, into);
  into.push({ at: statement.end, text: ' }' });
}

function operand(expression: ts.Expression, into: Insertion[]): void {
  into.push({ at: expression.getStart(), text: `(${count()}, ` });
  visit(expression, into);
  into.push({ at: expression.end, text: ')' });
}
