export const version = {
  summary: 'the version of the command line, and of the server where one answers',
  otherServer: (address: string, found: string) => `the server at ${address} is ${found}: naru up`,
}
