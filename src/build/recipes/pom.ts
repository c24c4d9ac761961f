import { SaxesParser } from 'saxes'

/** What Naru reads of a pom.xml. */
export type Pom = {
  packaging: string
  /** Folders of its modules. */
  modules: string[]
  /** Name of the jar in target/, without ".jar"; null where another file decides it. */
  jar: string | null
  /** Artifacts that it names anywhere: dependencies, plugins and the parent. */
  artifacts: ReadonlySet<string>
}

/** Reads a pom.xml; null where it is not well-formed XML. */
export function readPom(content: string): Pom | null {
  const texts = textsOf(content)
  if (texts === null) return null
  const first = (path: string): string | undefined => texts.get(path)?.[0]
  const version = first('project/version') ?? first('project/parent/version')
  const name = first('project/artifactId')
  const finalName =
    first('project/build/finalName') ??
    (name === undefined || version === undefined ? undefined : `${name}-${version}`)
  const known = new Map([
    ['project.artifactId', name],
    ['artifactId', name],
    ['project.version', version],
    ['version', version],
    ['project.name', first('project/name') ?? name],
  ])
  const value = (variable: string): string | undefined =>
    known.get(variable) ?? first(`project/properties/${variable}`)
  const together = [...texts.entries()].filter(([path]) => path.endsWith('/artifactId'))
  const suffix = together.some(([, names]) => names.includes('maven-assembly-plugin'))
    ? [...texts.entries()].find(([path]) => path.endsWith('/descriptorRef'))?.[1][0]
    : undefined
  const jar = finalName === undefined ? null : filledIn(finalName, value)
  return {
    packaging: first('project/packaging') ?? 'jar',
    modules: texts.get('project/modules/module') ?? [],
    jar: jar === null || suffix === undefined ? jar : `${jar}-${suffix}`,
    artifacts: new Set(together.flatMap(([, names]) => names)),
  }
}

/** Null where a variable is not known, or the name would not be one of a file. */
function filledIn(text: string, value: (name: string) => string | undefined): string | null {
  let result = text
  for (let depth = 0; depth < 5 && result.includes('${'); depth++)
    result = result.replace(/\$\{([^}]+)\}/g, (written, name: string) => value(name) ?? written)
  return /^[\w.+-]+$/.test(result) ? result : null
}

/** Every text by the path of its element, "project/build/finalName". */
function textsOf(content: string): Map<string, string[]> | null {
  const texts = new Map<string, string[]>()
  const open: { name: string; text: string }[] = []
  const parser = new SaxesParser()
  let broken = false
  parser.on('error', () => {
    broken = true
  })
  parser.on('opentag', ({ name }) => open.push({ name, text: '' }))
  parser.on('text', (text) => {
    const at = open.at(-1)
    if (at !== undefined) at.text += text
  })
  parser.on('closetag', () => {
    const path = open.map(({ name }) => name).join('/')
    const text = open.pop()?.text.trim() ?? ''
    if (text !== '') texts.set(path, [...(texts.get(path) ?? []), text])
  })
  parser.write(content.replace(/^\uFEFF/, '')).close()
  return broken ? null : texts
}
