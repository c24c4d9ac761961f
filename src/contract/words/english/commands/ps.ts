export const ps = {
  summary: 'the running instances of an app',
  none: (app: string) => `${app} has no instances`,
  head: ['service', 'release', 'health', 'pid', 'address', 'started', 'restarts'] as const,
  usageHead: ['cpu', 'memory', 'processes'] as const,
  lastEnd: (exit: string, ago: string) => `last end: ${exit} ${ago}`,
}
