export const contexts = {
  summary: 'the servers that you know, and the one that commands mean',
  list: 'the servers that you know',
  here: 'the server of this machine',
  head: ['', 'context', 'address'] as const,
  use: {
    summary: 'let commands mean another server; local is that of this machine',
    done: (name: string) => `Commands mean ${name} now.`,
  },
}
