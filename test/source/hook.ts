import { procReceive, type RefResult } from '../../src/source/proc-receive.ts'

// The hook of these tests: hands the push to the test's server and prints what it says, as Naru's own does.
procReceive({ input: process.stdin, output: process.stdout }, async (commands) => {
  const response = await fetch(`${process.env['NARU_API']}/decide/${process.env['NARU_APP']}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${process.env['NARU_TOKEN']}` },
    body: JSON.stringify(commands),
  })
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString()
    const lines = text.split('\n')
    text = lines.pop() ?? ''
    for (const line of lines) process.stderr.write(`${line}\n`)
  }
  return JSON.parse(text) as RefResult[]
}).catch((error: unknown) => {
  process.stderr.write(`${error}\n`)
  process.exitCode = 1
})
