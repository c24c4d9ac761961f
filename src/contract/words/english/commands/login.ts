export const login = {
  summary: 'get to know a server elsewhere; commands mean it from then on',
  name: 'what to call it; else the name of its host',
  question: (address: string) =>
    `Token for ${address} (it stays hidden; naru tokens create makes one there): `,
  inTheOpen:
    'warning: the token travels over plain HTTP, where others on the way can read it; https:// hides it',
  done: (name: string, address: string, version: string) =>
    `${name} is ${address} (version ${version}), and commands mean it now. naru contexts use local: back to this machine.`,
}

export const logout = {
  summary: 'forget a server and its token',
  done: (name: string) =>
    `${name} and its token are forgotten here; naru tokens revoke NAME ends a token for good.`,
}
