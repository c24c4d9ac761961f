export const help = {
  summary: 'what a command does, with an example',
}
