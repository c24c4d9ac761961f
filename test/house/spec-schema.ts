import { parse } from 'yaml'
import { branch, label, reservedVariables, variable } from '../../src/model/name.ts'
import { imageReference, packageName, stageName } from '../../src/model/spec-containers.ts'
import {
  definition,
  type KeyDefinition,
  type SpecMapping,
  type SpecValue,
} from '../../src/model/spec-definition.ts'
import { ownSteps } from '../../src/model/spec-jobs.ts'
import { folderPath, requestPath, routePath } from '../../src/model/spec-paths.ts'
import { limitVariables } from '../../src/model/spec-variables.ts'

export type Schema = { readonly [keyword: string]: unknown }

/**
 * `docs/naru.schema.json`, for editors. Everything that `parseSpec` accepts it accepts. It accepts more where JSON
 * Schema cannot say it: what depends on another value, what a duration amounts to, how YAML wrote a value.
 */
export function specSchema(): Schema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'naru.yaml',
    description: 'What an app of Naru is, and how it is built, released and run.',
    ...mapping('root'),
  }
}

export const schemaText = (): string => `${JSON.stringify(specSchema(), null, 2)}\n`

/** A mapping whose keys are fixed; nothing at all is an empty one. */
function mapping(of: SpecMapping): Schema {
  const keys: [string, KeyDefinition][] = Object.entries(definition[of])
  return {
    type: ['object', 'null'],
    additionalProperties: false,
    ...(of === 'job' && { required: ['command'], type: 'object' }),
    properties: Object.fromEntries(
      keys.map(([key, { means, default: otherwise, example, value }]) => [
        key,
        {
          description: means,
          ...(otherwise !== undefined && { default: otherwise }),
          examples: [(parse(example) as Record<string, unknown>)[key]],
          ...schemaOf(value),
        },
      ]),
    ),
  }
}

/** What `naru.yaml` reads as text may look like a number or like true and false to an editor. */
const scalar = { type: ['string', 'number', 'boolean'] }
const named = { type: ['string', 'boolean'] }
const command = {
  anyOf: [
    { ...scalar, pattern: '\\S' },
    { type: 'array', minItems: 1, maxItems: 1000, items: { ...scalar, minLength: 1 } },
  ],
}
const variableName = {
  pattern: variable.source,
  not: { anyOf: [{ enum: reservedVariables }, { pattern: '^NARU_' }] },
}

const simple: { [K in SpecValue['is']]?: Schema } = {
  label: { ...named, pattern: label.source },
  command,
  flag: { type: ['boolean', 'string'], pattern: '^(?:true|True|TRUE|false|False|FALSE)$' },
  folder: { ...scalar, pattern: folderPath.source, maxLength: 1024 },
  branch: { ...scalar, pattern: branch.source },
  host: { ...scalar, pattern: '^[\\p{L}\\p{M}\\p{N}.-]+$', maxLength: 253 },
  service: scalar,
  'request-path': { type: 'string', pattern: requestPath.source, maxLength: 1024 },
  'route-path': { type: 'string', pattern: routePath.source, maxLength: 1024 },
  settings: {
    type: ['object', 'null'],
    maxProperties: limitVariables,
    propertyNames: variableName,
    additionalProperties: scalar,
  },
  volumes: {
    type: ['object', 'null'],
    maxProperties: 20,
    propertyNames: { pattern: label.source },
    additionalProperties: { type: 'string', pattern: '^/' },
  },
  packages: {
    type: ['array', 'null'],
    maxItems: 200,
    items: { type: 'string', pattern: packageName.source },
  },
  stage: { ...scalar, pattern: stageName.source },
  image: { type: 'string', maxLength: 400, pattern: imageReference.source },
  secrets: {
    type: ['array', 'null'],
    maxItems: limitVariables,
    uniqueItems: true,
    items: { ...named, ...variableName },
  },
  size: {
    anyOf: [
      { const: 0 },
      { type: 'string', pattern: '^(?:0|\\s*\\d+(?:\\.\\d+)?\\s?[KkMmGgTt][Ii]?[Bb]\\s*)$' },
    ],
  },
  duration: {
    anyOf: [{ const: 0 }, { type: 'string', pattern: '^(?:0|\\d+(?:\\.\\d+)?(?:ms|s|m|h|d))$' }],
  },
}

function schemaOf(value: SpecValue): Schema {
  switch (value.is) {
    case 'whole-number':
      return {
        anyOf: [
          { type: 'integer', minimum: value.least, maximum: value.most },
          { type: 'string', pattern: '^\\d{1,5}$' },
        ],
      }
    case 'number':
      return {
        anyOf: [
          { type: 'number', minimum: value.least, maximum: value.most },
          { type: 'string', pattern: '^\\d{1,5}(?:\\.\\d{1,3})?$' },
        ],
      }
    case 'choice':
      return { enum: value.of }
    case 'mapping':
      return mapping(value.of)
    case 'named':
      return names(value)
    case 'list':
      return { type: 'array', maxItems: value.most, items: mapping(value.of) }
    case 'steps':
      return {
        type: ['array', 'null'],
        maxItems: value.most,
        items: {
          type: 'object',
          minProperties: 1,
          maxProperties: 1,
          propertyNames: { pattern: label.source, not: { enum: ownSteps } },
          additionalProperties: command,
        },
      }
    default: {
      const schema = simple[value.is]
      if (!schema) throw new Error(`no schema for ${value.is}`)
      return schema
    }
  }
}

/** Names of one's own. A service needs a command, but for `web`. */
function names({ of, least, most }: SpecValue & { is: 'named' }): Schema {
  const inside = mapping(of)
  return {
    type: least > 0 ? 'object' : ['object', 'null'],
    ...(least > 0 && { minProperties: least }),
    maxProperties: most,
    propertyNames: { pattern: label.source },
    ...(of === 'service'
      ? {
          properties: { web: inside },
          additionalProperties: { ...inside, type: 'object', required: ['command'] },
        }
      : { additionalProperties: inside }),
  }
}
