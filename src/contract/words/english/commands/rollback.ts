export const rollback = {
  summary: 'go back to a release that was stable; the one before unless you name one',
}
