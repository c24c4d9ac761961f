import type { BootService } from './service.ts'

/**
 * The text of a systemd unit. `KillMode=process`: router and apps live on when the server is restarted. An end by
 * `naru down` is a success, so that it is not started again before the next boot.
 */
export const systemdUnit = ({ node, args, path }: BootService, wantedBy: string): string => `[Unit]
Description=Naru
Wants=network-online.target
After=network-online.target

[Service]
Type=exec
ExecStart=${[node, ...args].map((arg) => word(arg).replaceAll('$', '$$$$')).join(' ')}
Environment=${word(`PATH=${path}`)}
KillMode=process
Restart=on-failure
RestartSec=1
LimitNOFILE=65536

[Install]
WantedBy=${wantedBy}
`

/** One word of a unit, quoted, on one line, and with no specifier in it. Variables are replaced in commands alone. */
const word = (text: string): string =>
  `"${text.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('%', '%%')}"`
