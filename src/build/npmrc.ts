const own =
  /^\s*(cache|prefix|userconfig|globalconfig|logs-dir|tmp|init[.-][\w.-]+|global|omit|production)\s*=/

/**
 * The npm settings of whoever runs Naru as a build gets them: without folders of its owner; with the values that
 * npm would have read from its owner's environment.
 */
export function npmrcFor(text: string, host: NodeJS.ProcessEnv): string {
  return text
    .split('\n')
    .filter((line) => !own.test(line))
    .join('\n')
    .replace(/\$\{([A-Za-z_]\w*)\}/g, (written, name: string) => host[name] ?? written)
}
