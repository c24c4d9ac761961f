import { Ajv } from 'ajv'
import { parse } from 'yaml'
import { NaruError } from '../../src/base/error.ts'
import { english } from '../../src/contract/words/english/english.ts'
import { sayProblem } from '../../src/contract/words/words.ts'
import { readBranches } from '../../src/model/spec-branches.ts'
import { parseSpec } from '../../src/model/spec-file.ts'
import { specSchema } from '../house/spec-schema.ts'

/** Whether `docs/naru.schema.json` accepts what an editor's YAML reader makes of the text. */
export const schemaAccepts = (text: string): boolean =>
  validate(parse(text, { logLevel: 'silent', maxAliasCount: -1 }) ?? null)

const validate = new Ajv({ strictNumbers: false, allowUnionTypes: true }).compile(specSchema())

/**
 * What is wrong with the way in which a text is answered, one sentence each: a spec must hang together and the schema
 * must accept it; a failure must be `spec.invalid` with mistakes that have a place in the file and a sentence.
 */
export function wrongAnswers(
  text: string,
  environment: string,
): { accepted: boolean; wrong: string[] } {
  try {
    const spec = parseSpec(text, { file: 'naru.yaml', environment })
    const wrong: string[] = []
    const services = Object.keys(spec.services)
    if (services.length === 0) wrong.push('a spec without services')
    for (const { service } of spec.routes) {
      if (!services.includes(service)) wrong.push(`a route to ${service}, which there is not`)
      if (spec.services[service]?.overlap === 'none') wrong.push('a route to overlap: none')
    }
    for (const name of spec.secrets) {
      if (Object.hasOwn(spec.settings, name)) wrong.push(`${name} is setting and secret`)
    }
    const branch = readBranches(text)[environment]
    if (branch !== spec.branch) wrong.push(`readBranches says ${branch}, the spec ${spec.branch}`)
    if (!schemaAccepts(text)) wrong.push('the schema refuses what was accepted')
    return { accepted: true, wrong }
  } catch (error) {
    if (!(error instanceof NaruError) || error.code !== 'spec.invalid') {
      return { accepted: false, wrong: [`${error instanceof Error ? error.stack : error}`] }
    }
    return { accepted: false, wrong: wrongMistakes(error as NaruError<'spec.invalid'>, text) }
  }
}

function wrongMistakes(error: NaruError<'spec.invalid'>, text: string): string[] {
  const { mistakes } = error.facts
  const lines = text.split('\n')
  const wrong: string[] = mistakes.length === 0 ? ['no mistakes'] : []
  for (const { line, column } of mistakes) {
    // One after the last character is where something is missing.
    const length = lines[line - 1]?.length ?? -1
    if (!(column >= 1 && column <= length + 1)) wrong.push(`${line}:${column} is not in the file`)
  }
  const { message } = sayProblem(english, error.problem)
  if (message.split('\n').length !== mistakes.length) wrong.push('not one line a mistake')
  const odd = /(?!\n)[\p{Cc}\p{Surrogate}]|undefined|\[object/u.exec(message)
  if (odd) wrong.push(`a message that says ${JSON.stringify(odd[0])}: ${message}`)
  return wrong
}
