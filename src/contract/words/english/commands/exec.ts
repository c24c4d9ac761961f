export const exec = {
  summary: 'a command in a running instance of what serves, such as a shell',
  service: 'the service, as in naru ps',
  command: 'a program and its arguments',
  instance: 'the id of an instance (naru ps --json); else the one that has run the longest',
}
