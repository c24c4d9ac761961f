export const procReceive = {
  summary: "the hook that decides a push; git's own",
}
