import ts from 'typescript'
import type { Source } from './sources.ts'

/** A text of two words or more that stands in the code itself; what is filled into it is "…". */
export type InlineText = { path: string; line: number; text: string }

/** Texts in a file that a person could read, but for those that programs and programmers read. */
export function inlineTexts({ path, text }: Source): InlineText[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true)
  const found: InlineText[] = []
  const visit = (node: ts.Node): void => {
    if (isForOthers(node)) return
    const words = wordsIn(node)
    if (words !== undefined && isProse(words)) {
      const line = file.getLineAndCharacterOfPosition(node.getStart()).line + 1
      found.push({ path, line, text: words })
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return found
}

/** The fixed parts of a text; what is filled in is left out. */
function wordsIn(node: ts.Node): string | undefined {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text
  if (!ts.isTemplateExpression(node)) return undefined
  return [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join('…')
}

/** Two words next to each other, or one before or after something that is filled in: "no …", "… is gone". */
const isProse = (text: string): boolean =>
  /[A-Za-z]{2,}[,;:]? (?:[A-Za-z]{2,}|…)|… [a-z]{2,}/.test(text) &&
  !/^(?:git|naru|node) [\w-]/.test(text)

/** Types, imports, bugs that are thrown, lines of a log, commands to type and the documentation of the API. */
function isForOthers(node: ts.Node): boolean {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node) || ts.isTypeNode(node))
    return true
  if (ts.isNewExpression(node)) return node.expression.getText() === 'Error'
  if (ts.isCallExpression(node))
    return /(?:^|[.#])log\.\w+$|^jsonLog\(.*\)\.\w+$|\.describe$/s.test(node.expression.getText())
  return (
    ts.isPropertyAssignment(node) &&
    /^(?:examples?|usage|description|schema)$/.test(node.name.getText())
  )
}
