/** What a token may do: all; all but what ends or opens the server and its apps; look and nothing else. */
export const tokenKinds = ['owner', 'deployer', 'reader'] as const
export type TokenKind = (typeof tokenKinds)[number]

/** Opens the API to whoever has it. What is kept of it is a hash. Times are ISO 8601 in UTC. */
export type Token = {
  name: string
  kind: TokenKind
  createdAt: string
  /** Name of the token that made it; null for the owner's own, which the server makes. */
  createdBy: string | null
  /** To the minute; null before its first use. */
  lastUsedAt: string | null
}

/** The token that lies in the data folder. */
export const ownersToken = 'owner'
