import { production } from '../../model/environment.ts'
import { isVariable } from '../../model/name.ts'

/** User text inside a sentence: always in quotes, on one line, and never longer than a line. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text)
}

/** The name of a variable to be typed; one that nothing can have is not repeated. */
export const typable = (name: string): string => (isVariable(name) ? name : 'NAME')

/** " --app shop --env staging" for the end of a command; production is meant where none is named. */
export const placeOptions = (app: string, environment: string | undefined): string =>
  ` --app ${app}${environmentOption(environment)}`

/** " --env staging", and nothing for production. */
export const environmentOption = (environment: string | null | undefined): string =>
  environment === null || environment === undefined || environment === production
    ? ''
    : ` --env ${environment}`

/** A ref as people say it, in quotes: "main" for refs/heads/main. */
export const shortRef = (ref: string): string => quoted(ref.replace(/^refs\/(heads|tags)\//, ''))

/** The address with the port after its own, to take instead of one that is taken. */
export function nextPort(address: string): string {
  const at = address.lastIndexOf(':')
  const port = Number(address.slice(at + 1))
  return `${address.slice(0, at)}:${port >= 1 && port < 65_535 ? port + 1 : 18_080}`
}
