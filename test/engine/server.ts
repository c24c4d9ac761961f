// A server that can be killed: makes an engine on the folder it is given, ensures a set and says so.
import { startEngine } from './bench.ts'

const [folder = '', set = '', count = '1'] = process.argv.slice(2)
const engine = await startEngine(folder, () => {})
process.stdout.write('started\n')
await engine.ensure(JSON.parse(set), Number(count))
process.stdout.write('ensured\n')
