import type { TokenKind } from '../../../../model/token.ts'

export const tokens = {
  summary: 'the tokens that open this server',
  list: 'the tokens',
  never: 'never',
  head: ['token', 'kind', 'made by', 'made', 'used'] as const,
  create: {
    summary: 'make a token, shown this once',
    kind: 'owner: everything; deployer: all that shipping needs; reader: only looking',
    done: (name: string, kind: TokenKind, address: string) =>
      `The token ${name} (${kind}), shown this once. Whoever gets it types: naru login ${address}`,
  },
  revoke: {
    summary: 'revoke a token, which opens nothing from then on and ends what it holds open',
    done: (name: string) =>
      `The token ${name} opens nothing any more, and what it held open has ended.`,
  },
}
