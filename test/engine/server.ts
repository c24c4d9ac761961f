// A server that can be killed: makes an engine on the folder it is given, ensures a set or runs a job, and says so.
import { startEngine } from './bench.ts'

const [folder = '', spec = '', count = '1'] = process.argv.slice(2)
const engine = await startEngine(folder, () => {})
process.stdout.write('started\n')
const wanted = JSON.parse(spec)
if ('job' in wanted) await engine.run(wanted)
else await engine.ensure(wanted, Number(count))
process.stdout.write('ensured\n')
