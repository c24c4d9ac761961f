/** Of `naru deploy`, where nothing is built. */
export const deployExisting = {
  build: 'deploy what this build made, and build nothing',
  again: 'deploy again what was deployed last, with the settings and secrets of now',
  notBoth: 'a folder, --build and --again each say what to deploy, and only one can be meant',
}
