/** What the command line says of itself: help, options that many commands have, and words that it does not understand. */
export const commandLine = {
  about: 'Takes your code from a git push to a healthy release, and keeps it there.',
  usage: '<command>',
  help: {
    usage: 'Usage:',
    arguments: 'Arguments:',
    options: 'Options:',
    commands: 'Commands:',
    example: 'Example:',
    answers: 'Answer with --json:',
    /** Stands for all options of a command in its usage. */
    anyOptions: '[options]',
    default: 'default',
    choices: 'choices',
  },
  options: {
    app: 'the app; else that of the repository you stand in',
    environment: 'the environment; else production (NARU_ENVIRONMENT)',
    data: "the server's data folder (NARU_DATA)",
    context: 'the server, as naru contexts names it (NARU_CONTEXT)',
    json: 'the answer as JSON on stdout',
    noColour: 'no colours',
    language: 'en or ko: the language of what is said (NARU_LANG)',
    version: 'the version',
    help: 'this, or the help of a command',
    detach: 'return at once',
    noDeploy: 'keep it for the next release',
  },
  mistakes: {
    unknownCommand: (path: string, word: string) => `${path} has no command ${word}`,
    unknownOption: (flag: string) => `unknown option '${flag}'`,
    missingArgument: (name: string) => `missing required argument '${name}'`,
    missingOption: (flags: string) => `the option '${flags}' is required`,
    missingValue: (flags: string) => `option '${flags}' argument missing`,
    excessArguments: (command: string, expected: number, found: number) =>
      `too many arguments for '${command}'. Expected ${expected} argument${expected === 1 ? '' : 's'} but got ${found}`,
    conflictingOptions: (one: string, other: string) =>
      `option '${one}' cannot be used with option '${other}'`,
    didYouMean: (meant: string) => `did you mean ${meant}?`,
  },
  unknownFailure: (code: string) => `the server says ${code}, which this version does not know`,
}
