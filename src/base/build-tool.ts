/** Languages in which something else than a package.json says how an app is started. */
export type BuildLanguage = 'python' | 'go' | 'rust' | 'java'

/** Programs of the machine that a build needs. Each has its sentence about how to get it in the catalogue. */
export type BuildTool = 'python3' | 'go' | 'cargo' | 'java' | 'mvn'
