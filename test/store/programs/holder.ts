// Holds a data folder until it is killed, and says so; ends with code 6 where it cannot.
import { lockFolder } from '../../../src/store/lock.ts'

try {
  lockFolder(process.argv[2] ?? '')
  process.stdout.write('held\n')
  setInterval(() => {}, 60_000)
} catch (error) {
  process.stdout.write(`${String(error)}\n`)
  process.exitCode = 6
}
