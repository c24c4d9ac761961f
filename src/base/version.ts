/** Of command line, server and API together; the same as in package.json. */
export const version = '0.1.0'
