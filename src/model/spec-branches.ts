import { isBranch, isLabel } from './name.ts'
import { readYaml, type YamlNode } from './yaml-tree.ts'

/**
 * The branches that a `naru.yaml` names for its environments, by environment, before anybody knows for which of
 * them it will be read. Never throws: a text that cannot be read names none, and a mistake is `parseSpec`'s to tell.
 */
export function readBranches(text: string | undefined): Record<string, string> {
  const tree = text === undefined ? undefined : readYaml(text, [])
  const branches = entriesOf(entriesOf(tree).get('environments')).entries()
  return Object.fromEntries(
    [...branches].flatMap(([name, environment]) => {
      const branch = entriesOf(environment).get('branch')
      return isLabel(name) && branch?.kind === 'text' && isBranch(branch.text)
        ? [[name, branch.text]]
        : []
    }),
  )
}

const entriesOf = (node: YamlNode | undefined): Map<string, YamlNode> =>
  new Map(node?.kind === 'mapping' ? node.entries.map(({ key, value }) => [key, value]) : [])
