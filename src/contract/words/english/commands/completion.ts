export const completion = {
  summary: 'what makes bash, zsh or fish complete naru',
  complete: 'what a shell asks to complete a word',
  unknown: (name: string) =>
    `${name} is no shell that Naru can complete in; bash, zsh and fish are`,
}
