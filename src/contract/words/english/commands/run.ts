export const run = {
  summary: 'a command in the release that serves, with its settings and secrets',
  command: 'what to run: one text for the shell, or a program and its arguments',
  noTerminal: 'plain streams, even where you sit at a terminal',
}
