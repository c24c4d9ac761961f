/** What binds an artifact to where it was made. `abi` is Node.js' module version, "115". */
export type Machine = { nodeVersion: string; abi: string; platform: string; arch: string }

/** The machine and the Node.js that this process runs on, which the apps run on too. */
export const thisMachine: Machine = {
  nodeVersion: process.versions.node,
  abi: process.versions.modules,
  platform: process.platform,
  arch: process.arch,
}
