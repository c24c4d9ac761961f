import { allDependencies, type PackageJson } from './package-json.ts'

/** Where each of these tools puts the static files that it makes, as long as nobody tells it otherwise. */
const outputs: Readonly<Record<string, string>> = {
  vite: 'dist',
  astro: 'dist',
  parcel: 'dist',
  vitepress: '.vitepress/dist',
  'react-scripts': 'build',
  '@docusaurus/core': 'build',
  '@11ty/eleventy': '_site',
  gatsby: 'public',
}

/** A site that is made by something else lies in one of these. */
const usualOutputs = ['dist', 'build', 'out', 'public', '_site']

/** Folders, most likely first, in which the build of a site without a server leaves it. */
export function siteFolders(json: PackageJson): string[] {
  const tool = siteTool(json)
  const first = tool === null ? [] : [outputs[tool] ?? 'dist']
  return [...new Set([...first, ...usualOutputs])]
}

/** The tool that makes static files here; null where there is none that is known, or where it makes a server. */
export function siteTool(json: PackageJson): string | null {
  const dependencies = allDependencies(json)
  if (serverAdapters.some((name) => name in dependencies)) return null
  return Object.keys(outputs).find((name) => name in dependencies) ?? null
}

const serverAdapters = ['@astrojs/node', '@sveltejs/adapter-node', 'express', 'fastify', 'koa']

/** A script that serves the files while they are being worked on: never what production starts. */
export const isDevelopmentServer = (script: string): boolean =>
  /^(?:npx )?(?:react-scripts start|vite(?: dev| serve| --[\w=. -]+)?|astro (?:dev|start)|gatsby develop|parcel(?: serve)? [\w./-]+|docusaurus start|eleventy --serve|vitepress dev)\s*$/.test(
    script.trim(),
  )
