import ts from 'typescript'
import { root } from './sources.ts'

/** Arguments for one function of the catalogue: each row is one call. */
export type Calls = readonly unknown[][]

/**
 * Calls for every function of the English catalogue, by its path ("errors.app.unknown"), made from the types of its
 * arguments: each member of a union, null and not, true and false, one and several. A new sentence needs no samples.
 */
export function sampleCalls(): ReadonlyMap<string, Calls> {
  const file = `${root}src/contract/words/english/english.ts`
  const options = ts.getParsedCommandLineOfConfigFile(
    `${root}tsconfig.json`,
    {},
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined },
  )?.options
  const program = ts.createProgram([file], { ...options, noEmit: true })
  const checker = program.getTypeChecker()
  const source = program.getSourceFile(file)
  if (source === undefined) throw new Error(`no ${file}`)
  const module = checker.getSymbolAtLocation(source)
  const english =
    module && checker.getExportsOfModule(module).find(({ name }) => name === 'english')
  if (english === undefined) throw new Error('no english')
  const calls = new Map<string, Calls>()
  walk(new Samples(checker, source), checker.getTypeOfSymbolAtLocation(english, source), [], calls)
  return calls
}

function walk(samples: Samples, type: ts.Type, path: string[], calls: Map<string, Calls>): void {
  const [signature] = type.getCallSignatures()
  if (signature !== undefined) {
    calls.set(path.join('.'), samples.rows(signature))
    return
  }
  if (!(type.flags & ts.TypeFlags.Object) || samples.isList(type)) return
  for (const property of type.getProperties())
    walk(samples, samples.typeOf(property), [...path, property.name], calls)
}

class Samples {
  constructor(
    private readonly checker: ts.TypeChecker,
    private readonly at: ts.Node,
  ) {}

  typeOf = (symbol: ts.Symbol): ts.Type => this.checker.getTypeOfSymbolAtLocation(symbol, this.at)

  isList = (type: ts.Type): boolean =>
    this.checker.isArrayType(type) || this.checker.isTupleType(type)

  /** The first value of every argument, then each further value of one argument at a time. */
  rows(signature: ts.Signature): unknown[][] {
    const each = signature.parameters.map((parameter) =>
      this.values(this.typeOf(parameter), parameter.name, 0),
    )
    return varied(each)
  }

  values(type: ts.Type, name: string, depth: number): unknown[] {
    if (type.isUnion()) {
      const members = type.types.flatMap((member) => this.values(member, name, depth))
      return [
        ...new Set(members.filter((value) => value !== null && value !== undefined)),
        ...members.filter((value) => value === null),
      ]
    }
    if (type.isStringLiteral() || type.isNumberLiteral()) return [type.value]
    const { flags } = type
    if (flags & ts.TypeFlags.BooleanLiteral) return [this.checker.typeToString(type) === 'true']
    if (flags & ts.TypeFlags.String) return textsFor(name)
    if (flags & ts.TypeFlags.Number) return [3, 1, 2, 0]
    if (flags & ts.TypeFlags.Null) return [null]
    if (flags & ts.TypeFlags.Undefined) return [undefined]
    if (this.isList(type)) return this.#lists(type, name, depth)
    const index = type.getStringIndexType()
    if (index !== undefined) {
      const [one, ...more] = this.values(index, name, depth + 1)
      return [{ web: one, api: more.at(-1) ?? one }]
    }
    if (flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) return this.#objects(type, depth)
    return []
  }

  #lists(type: ts.Type, name: string, depth: number): unknown[] {
    const [element] = this.checker.getTypeArguments(type as ts.TypeReference)
    if (element === undefined) return [[]]
    const values = this.values(element, name, depth + 1)
    const many = values.slice(0, 40)
    return [[values[0]], [values[0], values[1] ?? values[0]], many, Array(12).fill(values[0]), []]
  }

  /** A problem inside a problem is one of a few: each has its own turn. */
  #objects(type: ts.Type, depth: number): unknown[] {
    if (depth > 6) return [{}]
    const properties = type.getProperties()
    const each = properties.map((property) =>
      this.values(this.typeOf(property), property.name, depth + 1),
    )
    const optional = properties.map(({ flags }) => Boolean(flags & ts.SymbolFlags.Optional))
    const objects = varied(each).map((row) =>
      Object.fromEntries(properties.map(({ name }, index) => [name, row[index]])),
    )
    const bare = properties.filter((_, index) => !optional[index]).map(({ name }) => name)
    const first = objects[0] ?? {}
    const without = Object.fromEntries(bare.map((name) => [name, first[name]]))
    return optional.some(Boolean) ? [...objects, without] : objects
  }
}

/** Texts whose last sound is a consonant, a vowel and ㄹ; where a name asks for a certain form, that form. */
function textsFor(name: string): string[] {
  if (/commit|digest/i.test(name)) return ['0123456789abcdef0123456789abcdef01234567']
  if (/^(at|\w+At|since)$/.test(name)) return ['2026-03-01T12:00:00.000Z']
  if (/address/i.test(name)) return ['127.0.0.1:8080', 'http://127.0.0.1:7878']
  return ['web', 'api', 'mail']
}

function varied(each: unknown[][]): unknown[][] {
  const first = each.map(([value]) => value)
  return [
    first,
    ...each.flatMap((values, index) => values.slice(1).map((value) => first.with(index, value))),
  ]
}
