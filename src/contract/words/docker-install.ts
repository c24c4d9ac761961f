const commands: readonly (readonly [system: string, command: string])[] = [
  ['debian', 'apt-get install docker.io'],
  ['ubuntu', 'apt-get install docker.io'],
  ['fedora', 'dnf install moby-engine && systemctl enable --now docker'],
  ['alpine', 'apk add docker && rc-update add docker && service docker start'],
  ['arch', 'pacman -S docker && systemctl enable --now docker'],
  ['suse', 'zypper install docker && systemctl enable --now docker'],
  ['darwin', 'brew install colima docker && colima start'],
]

/** What installs a Docker Engine on a system of that name or descent; undefined: none that is known here. */
export function dockerInstall(system: string): string | undefined {
  const names = system.split(/[\s-]+/)
  return commands.find(([name]) => names.includes(name))?.[1]
}
