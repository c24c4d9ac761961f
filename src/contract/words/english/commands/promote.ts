export const promote = {
  summary: 'release in production what is stable in another environment, without building it again',
  to: 'the environment that gets it; else production',
  detach: 'return at once',
}
